namespace Krewe.Serving.Operators;

internal static partial class OperatorTable
{
    private static IEnumerable<OperatorEntry> MachineLearning() =>
    [
        .. Of(Learning, "LinearClassifier LinearRegressor SVMClassifier SVMRegressor", LearningRules.Predict),
        .. Of(Learning, "TreeEnsembleClassifier TreeEnsembleRegressor TreeEnsemble", LearningRules.Predict),
        .. Of(Learning, "Scaler Normalizer Imputer", LearningRules.SameShape),
        .. Of(Learning, "Binarizer LabelEncoder CategoryMapper", ElementwiseRules.Unary),
        .. Of(Learning, "FeatureVectorizer", LearningRules.Vectorize),
        .. Of(Learning, "OneHotEncoder", LearningRules.OneHotEncode),
        .. Of(Learning, "ArrayFeatureExtractor", LearningRules.ExtractFeatures),
    ];

    /// <summary>ONNX Runtime's own operators, most of them fusions of standard ones.</summary>
    private static IEnumerable<OperatorEntry> Fused() =>
    [
        .. Of(Microsoft, "Gelu QuickGelu MurmurHash3", ElementwiseRules.Unary),
        .. Of(Microsoft, "Inverse", AxisRules.LastTwo),
        .. Of(Microsoft, "BiasGelu FastGelu BiasAdd", ElementwiseRules.Nary),
        .. Of(Microsoft, "QLinearAdd QLinearMul", ElementwiseRules.QuantisedBinary),
        .. Of(Microsoft, "QLinearSigmoid QLinearLeakyRelu", ElementwiseRules.Unary),
        .. Of(Microsoft, "QuantizeLinear DequantizeLinear", ElementwiseRules.Quantise),
        .. Of(Microsoft, "QLinearSoftmax", AxisRules.QuantisedSoftmax),
        .. Of(Microsoft, "SkipLayerNormalization SkipSimplifiedLayerNormalization", AxisRules.SkipLayerNorm),
        .. Of(Microsoft, "FusedMatMul TransposeMatMul", ProductRules.FusedMatMul),
        .. Of(Microsoft, "FusedGemm", ProductRules.Gemm),
        .. Of(Microsoft, "QGemm", ProductRules.QuantisedGemm),
        .. Of(Microsoft, "MatMulIntegerToFloat", ProductRules.MatMul),
        .. Of(Microsoft, "MatMulNBits MatMulBnb4", ProductRules.PackedWeights),
        .. Of(Microsoft, "DynamicQuantizeMatMul DynamicQuantizeLSTM", ProductRules.DynamicQuantised),
        .. Of(Microsoft, "FusedConv", WindowRules.Conv),
        .. Of(Microsoft, "Attention", AttentionRules.Attention),
        .. Of(Microsoft, "QAttention", AttentionRules.QuantisedAttention),
        .. Of(Microsoft, "MultiHeadAttention GroupQueryAttention", AttentionRules.MultiHead),
        .. Of(Microsoft, "RotaryEmbedding", AttentionRules.Rotary),
        .. Of(Microsoft, "EmbedLayerNormalization", AttentionRules.Embed),
        .. Of(Microsoft, "Unique", SelectionRules.Search),
        .. Of(Microsoft, "Tokenizer", LearningRules.PadToLongest),
    ];
}
