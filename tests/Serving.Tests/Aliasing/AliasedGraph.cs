using System.Buffers.Binary;
using System.Text;
using Krewe.Onnx.Building;

namespace Krewe.Serving.Tests.Aliasing;

/// <summary>
/// A graph drawn at random from nodes that hand values on unchanged, or negated: ONNX Runtime may give its outputs the memory of its inputs, of its
/// initializers, or of each other. Inputs and outputs are [rows, 4], so that every answer is known from what was sent.
/// </summary>
internal sealed class AliasedGraph
{
    public const int Columns = 4;

    /// <summary>What the initializer among the outputs holds, where there is one.</summary>
    public static readonly float[] Constant = [.. Enumerable.Range(0, 97).Select(static element => element + 0.5f)];

    private static readonly TensorType[] Types = [TensorType.Float, TensorType.Float, TensorType.Int64, TensorType.UInt8, TensorType.String];
    private readonly List<Value> values = [];
    private readonly Random random;

    private AliasedGraph(int seed, bool hasConstants)
    {
        random = new Random(seed);
        Name = $"seed {seed}";
        Model = AliasedNodes.Begin($"aliased-{seed}");
        for (var input = random.Next(1, 4); input > 0; input--)
        {
            var value = new Value($"x{values.Count}", Types[random.Next(Types.Length)], values.Count, IsNegated: false);
            Model.Input(value.Name, value.Type, "rows", Columns);
            values.Add(value);
        }

        Inputs = [.. values];
        for (var node = random.Next(1, 8); node > 0; node--)
        {
            values.Add(AddNode(values[random.Next(values.Count)]));
        }

        Outputs = [.. values.Where(_ => random.Next(2) == 0).DefaultIfEmpty(values[0]).OrderBy(_ => random.Next())];
        foreach (var output in Outputs)
        {
            Model.Output(output.Name, output.Type, "rows", Columns);
        }

        if (hasConstants)
        {
            AliasedNodes.AddConstants(Model, Constant);
        }
    }

    /// <summary>Says how to draw it again.</summary>
    public string Name { get; }

    public ModelBuilder Model { get; }

    public IReadOnlyList<Value> Inputs { get; }

    public IReadOnlyList<Value> Outputs { get; }

    /// <summary>The graph of a seed; with <paramref name="hasConstants"/> some outputs are the constant.</summary>
    public static AliasedGraph Draw(int seed, bool hasConstants = false) => new(seed, hasConstants);

    /// <summary>What one caller sends for an input, or gets for an output: no two callers, inputs or elements have the same.</summary>
    public static byte[] DataOf(Value value, int caller, int rows)
    {
        using var data = new MemoryStream();
        for (var element = 0; element < rows * Columns; element++)
        {
            // From 1: a zero loses its sign where something is added to it.
            var number = ((((long)caller * 4) + value.Input) * 64) + element + 1;
            data.Write(value.Type switch
            {
                TensorType.Float => BitConverter.GetBytes(value.IsNegated ? -(float)number : number),
                TensorType.Int64 => BitConverter.GetBytes(value.IsNegated ? -number : number),
                TensorType.UInt8 => [(byte)(number * 31)],
                _ => Packed($"{number}"),
            });
        }

        return data.ToArray();
    }

    private static byte[] Packed(string text)
    {
        var packed = new byte[sizeof(int) + text.Length];
        BinaryPrimitives.WriteInt32LittleEndian(packed, text.Length);
        Encoding.ASCII.GetBytes(text, packed.AsSpan(sizeof(int)));
        return packed;
    }

    private Value AddNode(Value source)
    {
        var to = source with { Name = $"v{values.Count}" };
        var nodes = AliasedNodes.For(source.Type);
        var node = random.Next(nodes.Count + 1);
        if (node == nodes.Count && source.Type is TensorType.Float or TensorType.Int64)
        {
            Model.Node("Neg", [source.Name], to.Name);
            return to with { IsNegated = !source.IsNegated };
        }

        nodes[node % nodes.Count](Model, source.Name, to.Name, source.Type);
        return to;
    }

    /// <summary>A value of the graph: those of an input, maybe negated.</summary>
    internal sealed record Value(string Name, TensorType Type, int Input, bool IsNegated);
}
