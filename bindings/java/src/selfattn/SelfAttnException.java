// SPDX-License-Identifier: MIT
package selfattn;

/** Why a call failed: a status of the header and a sentence with the actual values. */
public class SelfAttnException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** A constant {@code Declarations.SA_ERR_...}. */
    public final int status;

    SelfAttnException(int status, String message) {
        super(message);
        this.status = status;
    }

    static SelfAttnException shape(String format, Object... values) {
        return new SelfAttnException(Declarations.SA_ERR_SHAPE, String.format(format, values));
    }
}
