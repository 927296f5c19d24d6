using System.Collections.Frozen;

namespace Krewe.Serving.Operators;

internal static partial class OperatorTable
{
    /// <summary>
    /// Operators of the table that can harm the process that runs them. All others compute outputs whose size follows from the shapes of
    /// their inputs, check indices that they are given, and trap on no value.
    /// </summary>
    private static readonly FrozenDictionary<string, Hazard> Hazards = new[]
    {
        // The smallest integer by -1 traps on x86 (SIGFPE), and by 0 in some versions of ONNX Runtime.
        (Names: "Div Mod", Hazard: Hazard.IntegerDivision),

        // An input is the size of the output, or a factor of it: 71 bytes can ask for terabytes.
        (Names: "ConstantOfShape Expand Tile Range Pad OneHot Resize Upsample", Hazard: Hazard.Size),

        // Strides and padding multiply or add to the size.
        (Names: "Conv ConvTranspose ConvInteger QLinearConv DeformConv AveragePool MaxPool LpPool", Hazard: Hazard.SizeAttributes),

        // Seen to end the process (ONNX Runtime 1.31): a recurrent layer on a sequence of length 0, transposed convolution and instance
        // normalization of an image without pixels, Unique along an axis of size 0, attention without keys, the other two without rows.
        (Names: "RNN GRU LSTM ConvTranspose InstanceNormalization Unique Attention Normalizer ReverseSequence", Hazard: Hazard.Empty),

        // Seen never to end: a convolution whose weights have no elements. Seen to end the process: OneHot without a depth.
        (Names: "Conv ConvInteger QLinearConv DeformConv OneHot", Hazard: Hazard.EmptyOperand),
        (Names: "SimplifiedLayerNormalization", Hazard: Hazard.InFunction),

        (Names: "NonZero Compress NonMaxSuppression StringSplit Slice Split TopK Resize Upsample Pad Range", Hazard: Hazard.Shrinks),
    }.SelectMany(static row => row.Names.Split(' ').Select(name => (name, row.Hazard)))
        .GroupBy(static row => row.name, static row => row.Hazard)
        .ToFrozenDictionary(static rows => rows.Key, static rows => rows.Aggregate(static (all, one) => all | one));

    /// <summary>
    /// Operators that are plain, but not known to work row by row. Not among them, because they are seen or known to end, stall or bloat a
    /// process: Loop (any number of rounds), STFT (ends the process with a frame of 0), the window functions (a size as input), and what
    /// has not been examined.
    /// </summary>
    private static readonly FrozenSet<string> PlainOnly =
        "EyeLike ScatterND ZipMap".Split(' ').ToFrozenSet();

    private static readonly string[] Domains = ["ai.onnx", "com.microsoft", "com.ms", "org.pytorch.aten"];

    /// <summary>The hazard of an operator in the table.</summary>
    public static Hazard HazardOf(string domain, string name) =>
        domain is "" or Learning ? Hazards.GetValueOrDefault(name) : Hazard.None;

    /// <summary>The input that must have elements (<see cref="Hazard.EmptyOperand"/>).</summary>
    public static int NeededInput(string name) => name == "QLinearConv" ? 3 : 1;

    /// <summary>The inputs that say how large an output is.</summary>
    public static ReadOnlySpan<int> SizeInputs(string name) => name switch
    {
        "ConstantOfShape" => [0],
        "Range" => [0, 1, 2],
        "Resize" => [1, 2, 3],
        _ => [1],
    };

    /// <summary>True if its size inputs are factors of the size of its first input.</summary>
    public static bool Multiplies(string name) => name is "Tile" or "Expand" or "OneHot" or "Upsample";

    /// <summary>
    /// True for operators that are plain but for their <see cref="HazardOf"/>. ONNX Runtime's own have not been examined, and are not.
    /// FeatureVectorizer writes the rows of all its inputs where there is room for those of the first.
    /// </summary>
    public static bool IsPlain(string domain, string name) =>
        domain is "" or Learning && name != "FeatureVectorizer" && (PlainOnly.Contains(name) || Find(domain, name) is not null);

    /// <summary>True for a domain in which ONNX Runtime has operators of its own.</summary>
    public static bool IsOfRuntime(string domain) =>
        domain.Length == 0 || Domains.Any(own => domain == own || domain.StartsWith($"{own}.", StringComparison.Ordinal));
}
