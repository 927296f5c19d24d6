using System.Globalization;
using Krewe.Onnx.Building;
using Krewe.Serving.Operators;

namespace Krewe.GraphProcess;

/// <summary>What an operator takes and gives, as far as tensors go.</summary>
/// <param name="Name">Its name, after <c>domain::</c> outside the standard set.</param>
/// <param name="Inputs">Its inputs: an element type or the letter of one; <c>?</c> for an optional one, <c>*</c> for any number.</param>
/// <param name="Outputs">Its outputs, likewise.</param>
/// <param name="Types">What the letters may stand for.</param>
/// <param name="Attributes">Its attributes: a name, and a letter for the kind with <c>!</c> if it is required.</param>
/// <param name="Opset">The first operator set that has it, or negative the last; 0 for all.</param>
internal sealed record OperatorSignature(
    string Name, string[] Inputs, string[] Outputs, IReadOnlyDictionary<string, TensorType[]> Types, (string Name, char Kind, bool IsRequired)[] Attributes,
    int Opset = 0)
{
    private static readonly Dictionary<string, TensorType> Names = new()
    {
        ["f32"] = TensorType.Float, ["f64"] = TensorType.Double, ["f16"] = TensorType.Float16, ["bf16"] = TensorType.BFloat16,
        ["i8"] = TensorType.Int8, ["i16"] = TensorType.Int16, ["i32"] = TensorType.Int32, ["i64"] = TensorType.Int64,
        ["u8"] = TensorType.UInt8, ["u16"] = TensorType.UInt16, ["u32"] = TensorType.UInt32, ["u64"] = TensorType.UInt64,
        ["bool"] = TensorType.Bool, ["str"] = TensorType.String,
    };

    /// <summary>Those of ONNX's standard operators and of its machine learning ones, from ONNX's own definitions (<c>operators.txt</c>).</summary>
    public static OperatorSignature[] All { get; } = [.. Read()];

    /// <summary>These, and the operators that Krewe has rules for and nobody has described.</summary>
    public static OperatorSignature[] Known { get; } =
    [
        .. All,
        .. OperatorTable.All.Select(static entry => OfUnknown(entry.Domain, entry.Name))
            .Where(static unknown => All.All(known => known.Name != unknown.Name)),
    ];

    /// <summary>An operator of which nothing but the name is known.</summary>
    public static OperatorSignature OfUnknown(string domain, string name) => new(
        domain.Length == 0 ? name : $"{domain}::{name}", ["T", "T?", "U?", "U?", "T?"], ["T", "T?"],
        new Dictionary<string, TensorType[]>
        {
            ["T"] = [TensorType.Float, TensorType.Float, TensorType.Int64, TensorType.UInt8],
            ["U"] = [TensorType.Float, TensorType.Int32, TensorType.Int64, TensorType.UInt8],
        },
        [.. "axis num_heads K N bits block_size kv_num_heads transA transB".Split(' ').Select(static name => (name, 'i', false))]);

    /// <summary>True if an operator set has it.</summary>
    public bool IsIn(int opset) => Opset < 0 ? opset <= -Opset : opset >= Opset;

    /// <summary>The type that a word stands for, where it is not a letter.</summary>
    public static TensorType? TypeOf(string word) => Names.TryGetValue(word, out var type) ? type : null;

    private static IEnumerable<OperatorSignature> Read()
    {
        using var text = new StreamReader(typeof(OperatorSignature).Assembly.GetManifestResourceStream("operators.txt")!);
        while (text.ReadLine() is { } line)
        {
            var parts = line.Split(';', StringSplitOptions.TrimEntries);
            string[] Words(int part) => part < parts.Length ? parts[part].Split(' ', StringSplitOptions.RemoveEmptyEntries) : [];
            var name = parts[0].Split('@');
            yield return new OperatorSignature(
                name[0], Words(1), Words(2),
                Words(3).Select(static word => word.Split('=')).ToDictionary(
                    static pair => pair[0], static pair => pair[1].Split(',').Select(static type => Names[type]).ToArray()),
                [.. Words(4).Select(static word => word.Split(':')).Select(static pair => (pair[0], pair[1][0], pair[1].EndsWith('!')))],
                name.Length > 1 ? int.Parse(name[1], CultureInfo.InvariantCulture) : 0);
        }
    }
}
