using System.Collections.Immutable;
using Krewe.Serving.OnnxFiles;

namespace Krewe.Serving.Operators;

/// <summary>One node as the rule of its operator sees it: what is known of its inputs, its attributes, the version of its opset.</summary>
internal sealed class OperatorCall(OnnxNode node, long opset, RowValue[] inputs, RowSymbols symbols)
{
    public OnnxNode Node => node;

    /// <summary>The version of the operator set that the operator belongs to.</summary>
    public long Opset => opset;

    public RowSymbols Symbols => symbols;

    public ReadOnlySpan<RowValue> Inputs => inputs;

    /// <summary>An input; <see cref="RowValue.Absent"/> where it is left out.</summary>
    public RowValue this[int index] => index < inputs.Length ? inputs[index] : RowValue.Absent;

    public bool Has(int index) => !this[index].IsAbsent;

    public OnnxAttribute? Attribute(string name)
    {
        foreach (var attribute in node.Attributes)
        {
            if (attribute.Name == name)
            {
                return attribute;
            }
        }

        return null;
    }

    public long Integer(string name, long otherwise) => Attribute(name)?.Integer ?? otherwise;

    public string? Text(string name) => Attribute(name)?.Text;

    public ImmutableArray<long>? Integers(string name) => Attribute(name)?.Integers;

    /// <summary>The whole numbers in a constant input; null where they are not known.</summary>
    public ImmutableArray<long>? Numbers(int input) =>
        this[input].Content is { } content && content.All(extent => extent.IsNumber) ? [.. content.Select(extent => extent.Factor)] : null;

    /// <summary>Numbers that older operator sets have as an attribute and newer ones as an input; null where they are not known.</summary>
    public ImmutableArray<long>? Numbers(string attribute, int input) =>
        Attribute(attribute) is { } given ? given.Integers ?? [] : Numbers(input);

    /// <summary>An axis counted from the start; -1 where there is none of that number.</summary>
    public static int Axis(long axis, int rank) => axis >= -rank && axis < rank ? (int)(axis < 0 ? axis + rank : axis) : -1;

    /// <summary>Rows get what depends on the others.</summary>
    public RowValue Mixed(string why) => new(RowKind.Mixed) { Reason = $"{Describe()} {why}" };

    /// <summary>It cannot be decided.</summary>
    public RowValue Unknown(string why) => new(RowKind.Unknown) { Reason = $"{Describe()} {why}" };

    /// <summary>The first input that has rows and is none of these; null where there is none.</summary>
    public RowValue? RowsBeside(params ReadOnlySpan<int> indexes)
    {
        for (var i = 0; i < inputs.Length; i++)
        {
            if (inputs[i].HasRows && !indexes.Contains(i))
            {
                return inputs[i];
            }
        }

        return null;
    }

    /// <summary>The result where a parameter of an operator comes from the rows.</summary>
    public RowValue ParameterFromRows() => Unknown("has a parameter that is computed from the rows");

    private string Describe()
    {
        var what = node.Domain.Length == 0 ? node.Operator : $"{node.Domain}.{node.Operator}";
        return node.Name.Length > 0
            ? $"node '{node.Name}' ({what})"
            : $"the node that makes '{node.Outputs.FirstOrDefault(output => output.Length > 0)}' ({what})";
    }
}
