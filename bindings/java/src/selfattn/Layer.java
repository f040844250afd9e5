// SPDX-License-Identifier: MIT
package selfattn;

import static selfattn.Native.C;

import com.sun.jna.Memory;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.List;

/** One layer of attention with its projections. Immutable: any number of threads may share one. */
public final class Layer implements AutoCloseable {
    private final Handle handle;
    private final int width;
    private final int heads;

    /** Sizes and weights. Matrices are [out,in], as PyTorch's nn.Linear has them; 0 means what the header says. */
    public static final class Config {
        public int modelWidth, contextWidth, outputWidth, queryHeads, kvHeads, headSize, valueHeadSize;
        public float[] weightQ, weightK, weightV, weightO;
        public float[] biasQ, biasK, biasV, biasO;
        public float scale;
        /** Rotary positions, in halves, with this base; 0: 10000; null: none. */
        public Double ropeTheta;

        /** A layer of one width, without biases. */
        public static Config of(int modelWidth, int queryHeads, float[] q, float[] k, float[] v, float[] o) {
            Config config = new Config();
            config.modelWidth = modelWidth;
            config.queryHeads = queryHeads;
            config.weightQ = q;
            config.weightK = k;
            config.weightV = v;
            config.weightO = o;
            return config;
        }

        private static int or(int value, int otherwise) {
            return value == 0 ? otherwise : value;
        }

        private static Memory array(String name, float[] data, long rows, long columns, boolean known) {
            if (data != null && known && data.length != rows * columns) {
                throw SelfAttnException.shape("%s has %d numbers, and the sizes ask for %d times %d", name, data.length,
                    rows, columns);
            }
            return Native.floats(data);
        }

        /** The struct of C. What it points to is added to `keep`. */
        Declarations.sa_layer_config raw(List<Object> keep) {
            // The library refuses other heads with its own sentence, before it looks at arrays.
            boolean known = headSize != 0 || queryHeads > 0 && modelWidth % queryHeads == 0;
            int head = or(headSize, queryHeads > 0 ? modelWidth / queryHeads : 0);
            long kv = or(kvHeads, queryHeads);
            long value = or(valueHeadSize, head);
            int context = or(contextWidth, modelWidth);
            int out = or(outputWidth, modelWidth);
            long all = (long) queryHeads * head;
            Declarations.sa_layer_config raw = new Declarations.sa_layer_config();
            raw.struct_size = raw.size();
            raw.model_width = modelWidth;
            raw.context_width = contextWidth;
            raw.output_width = outputWidth;
            raw.query_heads = queryHeads;
            raw.kv_heads = kvHeads;
            raw.head_size = headSize;
            raw.value_head_size = valueHeadSize;
            raw.scale = scale;
            keep.add(raw.weight_q = array("weightQ", weightQ, all, modelWidth, known));
            keep.add(raw.weight_k = array("weightK", weightK, kv * head, context, known));
            keep.add(raw.weight_v = array("weightV", weightV, kv * value, context, known));
            keep.add(raw.weight_o = array("weightO", weightO, out, queryHeads * value, known));
            keep.add(raw.bias_q = array("biasQ", biasQ, all, 1, known));
            keep.add(raw.bias_k = array("biasK", biasK, kv * head, 1, known));
            keep.add(raw.bias_v = array("biasV", biasV, kv * value, 1, known));
            keep.add(raw.bias_o = array("biasO", biasO, out, 1, known));
            if (ropeTheta != null) {
                Declarations.sa_rope rope = new Declarations.sa_rope();
                rope.struct_size = rope.size();
                rope.theta = ropeTheta;
                keep.add(rope);
                raw.rope = rope.written();
            }
            return raw;
        }
    }

    /** Copies the weights. The layer does not need the context afterwards. */
    public Layer(Context ctx, Config config) {
        List<Object> keep = new ArrayList<>();
        Declarations.sa_layer_config raw = config.raw(keep);
        handle = Handle.make(this, out -> ctx.call(c -> C.sa_layer_create(c, raw.written(), out)), C::sa_layer_destroy,
            null);
        Reference.reachabilityFence(keep);
        heads = config.queryHeads;
        width = handle.use(layer -> (int) C.sa_layer_output_width(layer));
    }

    /** Self-attention: x is [B,1,T,model width]; returns [B,1,T,output width]. */
    public Tensor forward(Context ctx, Tensor x, Masking masking) {
        return forward(ctx, x, null, masking, null);
    }

    /**
     * Cross-attention: keys and values come from the context [B,1,S,context width], or from x if that is null. weights
     * is [B,H,T,S] out, or null.
     */
    public Tensor forward(Context ctx, Tensor x, Tensor context, Masking masking, Tensor weights) {
        Declarations.sa_forward_args args = new Declarations.sa_forward_args();
        Tensor y = Tensor.zeros(x.size(0), 1, x.size(2), width);
        args.struct_size = args.size();
        x.fill(args.x);
        y.fill(args.y);
        if (context != null) {
            context.fill(args.context);
        }
        if (weights != null) {
            weights.fill(args.weights);
        }
        args.masking = Masking.written(masking, x.size(0));
        handle.use(layer -> {
            ctx.call(c -> C.sa_forward(c, layer, args.written()));
            return 0;
        });
        Tensor.touch(x, y, context, weights);
        Reference.reachabilityFence(masking);
        return y;
    }

    public int queryHeads() {
        return heads;
    }

    /** Frees it once no call uses it. */
    @Override
    public void close() {
        handle.close();
    }
}
