// SPDX-License-Identifier: MIT
package selfattn;

import static selfattn.Native.C;

import com.sun.jna.Memory;
import java.lang.ref.Reference;

/** Scaled dot-product attention without projections. */
public final class Attention {
    private final Declarations.sa_attention_args args = new Declarations.sa_attention_args();
    private final Tensor query;
    private final Tensor key;
    private final Tensor value;
    private Masking masking;
    private float[] slopes;
    private Tensor lse;
    private Tensor weights;

    /** [B,H,T,D], [B,K,S,D] and [B,K,S,Dv]; K divides H. */
    public Attention(Tensor query, Tensor key, Tensor value) {
        this.query = query;
        this.key = key;
        this.value = value;
        query.fill(args.query);
        key.fill(args.key);
        value.fill(args.value);
    }

    public Attention masking(Masking rules) {
        masking = rules;
        return this;
    }

    /** 0: 1 / sqrt(D). */
    public Attention scale(float scale) {
        args.scale = scale;
        return this;
    }

    /** 0: none. */
    public Attention softcap(float softcap) {
        args.softcap = softcap;
        return this;
    }

    /** [H] */
    public Attention alibiSlopes(float... perHead) {
        slopes = perHead.clone();
        return this;
    }

    /** [B,H,T,1] out: log of the sum of exp(score). */
    public Attention lse(Tensor out) {
        lse = out;
        lse.fill(args.lse);
        return this;
    }

    /** [B,H,T,S] out: probabilities. */
    public Attention weights(Tensor out) {
        weights = out;
        weights.fill(args.weights);
        return this;
    }

    /** Returns [B,H,T,Dv]. */
    public Tensor run(Context ctx) {
        Tensor output = Tensor.zeros(query.size(0), query.size(1), query.size(2), value.size(3));
        run(ctx, output);
        return output;
    }

    /** Writes [B,H,T,Dv]. */
    public void run(Context ctx, Tensor output) {
        output.fill(args.output);
        Declarations.sa_score_rules rules = new Declarations.sa_score_rules();
        Memory memory = Native.floats(slopes);
        if (slopes != null) {
            if (slopes.length != query.size(1)) {
                throw SelfAttnException.shape("there are %d slopes for %d heads", slopes.length, query.size(1));
            }
            rules.struct_size = rules.size();
            rules.alibi_slopes = memory;
            args.rules = rules.written();
        }
        args.masking = Masking.written(masking, query.size(0));
        args.struct_size = args.size();
        ctx.call(raw -> C.sa_attention(raw, args.written()));
        Tensor.touch(query, key, value, output, lse, weights);
        Reference.reachabilityFence(memory);
        Reference.reachabilityFence(rules);
        Reference.reachabilityFence(masking);
    }
}
