namespace Krewe.Serving.Operators;

internal static partial class OperatorTable
{
    private static IEnumerable<OperatorEntry> Standard() =>
    [
        // Elementwise, one operand.
        .. Of("", "Abs Acos Acosh Asin Asinh Atan Atanh BitwiseNot Ceil Celu Cos Cosh Elu Erf Exp Floor Gelu HardSigmoid HardSwish IsInf "
            + "IsNaN LeakyRelu Log Mish Neg Not Reciprocal Relu Round Selu Shrink Sigmoid Sign Sin Sinh Softplus Softsign Sqrt Swish Tan "
            + "Tanh ThresholdedRelu CastLike Clip", ElementwiseRules.Unary),
        .. Of("", "Cast", ElementwiseRules.Cast),
        .. Of("", "Identity", ElementwiseRules.Identity),
        .. Of("", "Dropout", ElementwiseRules.Dropout),
        .. Of("", "RegexFullMatch", ElementwiseRules.Unary),

        // Elementwise, several operands.
        .. Of("", "And BitShift BitwiseAnd BitwiseOr BitwiseXor Greater GreaterOrEqual Less LessOrEqual Mean Mod Or PRelu Pow StringConcat "
            + "Sum Xor", ElementwiseRules.Nary),
        .. Of("", "Add Sub Mul Div Min Max Equal Where", ElementwiseRules.Arithmetic),

        // Shapes.
        .. Of("", "Reshape", ShapeRules.Reshape, 1),
        .. Of("", "Flatten", ShapeRules.Flatten),
        .. Of("", "Squeeze", ShapeRules.Squeeze, 1),
        .. Of("", "Unsqueeze", ShapeRules.Unsqueeze, 1),
        .. Of("", "Transpose", ShapeRules.Transpose),
        .. Of("", "Expand", ShapeRules.Expand, 1),
        .. Of("", "Tile", ShapeRules.Tile, 1),
        .. Of("", "Shape", ShapeRules.Shape),
        .. Of("", "Size", ShapeRules.Size),
        .. Of("", "ConstantOfShape", ShapeRules.ConstantOfShape, 0),
        .. Of("", "Range", ShapeRules.Range, 0, 1, 2),

        // Selecting, joining, slicing.
        .. Of("", "Gather", SelectionRules.Gather),
        .. Of("", "GatherElements", SelectionRules.GatherElements),
        .. Of("", "GatherND", SelectionRules.GatherNd),
        .. Of("", "Concat", SelectionRules.Concat),
        .. Of("", "Split", SelectionRules.Split, 1),
        .. Of("", "Slice", SelectionRules.Slice, 1, 2, 3, 4),
        .. Of("", "Pad", SelectionRules.Pad, 1, 3),
        .. Of("", "ScatterElements Scatter", SelectionRules.ScatterElements),
        .. Of("", "OneHot", SelectionRules.OneHot),
        .. Of("", "Compress", SelectionRules.Compress),
        .. Of("", "NonZero Unique NonMaxSuppression", SelectionRules.Search),

        // Along axes.
        .. Of("", "Softmax LogSoftmax Hardmax", AxisRules.Softmax),
        .. Of("", "LpNormalization", AxisRules.AlongLast),
        .. Of("", "CumSum", AxisRules.CumSum),
        .. Of("", "ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare",
            AxisRules.Reduce),
        .. Of("", "ArgMax ArgMin", AxisRules.ArgMax),
        .. Of("", "TopK", AxisRules.TopK, 1),
        .. Of("", "LayerNormalization RMSNormalization SimplifiedLayerNormalization", AxisRules.LayerNorm),
        .. Of("", "MeanVarianceNormalization", AxisRules.MeanVariance),
        .. Of("", "Trilu", AxisRules.LastTwo),
        .. Of("", "Det", AxisRules.Determinant),
        .. Of("", "ReverseSequence", AxisRules.ReverseSequence),
        .. Of("", "DFT", AxisRules.Dft),
        .. Of("", "SoftmaxCrossEntropyLoss NegativeLogLikelihoodLoss", AxisRules.Loss),

        // Products.
        .. Of("", "MatMul", ProductRules.MatMul),
        .. Of("", "Gemm", ProductRules.Gemm),
        .. Of("", "Einsum", ProductRules.Einsum),
        .. Of("", "MatMulInteger", ProductRules.MatMulInteger),
        .. Of("", "QLinearMatMul", ProductRules.QuantisedMatMul),

        // Images and signals.
        .. Of("", "Conv ConvTranspose ConvInteger", WindowRules.Conv),
        .. Of("", "QLinearConv", WindowRules.QuantisedConv),
        .. Of("", "DeformConv", WindowRules.DeformConv),
        .. Of("", "AveragePool MaxPool LpPool", WindowRules.Pool),
        .. Of("", "GlobalAveragePool GlobalMaxPool GlobalLpPool", WindowRules.GlobalPool),
        .. Of("", "BatchNormalization", WindowRules.BatchNorm),
        .. Of("", "InstanceNormalization GroupNormalization LRN", WindowRules.Samples),
        .. Of("", "DepthToSpace SpaceToDepth", WindowRules.DepthToSpace),
        .. Of("", "Resize Upsample", WindowRules.Resize, 3),
        .. Of("", "GridSample", WindowRules.GridSample),

        // Sequences and attention.
        .. Of("", "RNN GRU LSTM", RecurrentRules.Run),
        .. Of("", "Attention", AttentionRules.MultiHead),
        .. Of("", "RotaryEmbedding", AttentionRules.Rotary),

        // Quantisation.
        .. Of("", "QuantizeLinear DequantizeLinear", ElementwiseRules.Quantise),
        .. Of("", "DynamicQuantizeLinear", ElementwiseRules.QuantiseDynamically),

        // Text.
        .. Of("", "TfIdfVectorizer", LearningRules.CountWords),
        .. Of("", "StringSplit", LearningRules.PadToLongest),
        .. Of("", "StringNormalizer", SelectionRules.Search),
    ];
}
