using System.Collections.Immutable;
using Krewe.Serving.OnnxFiles;

namespace Krewe.Serving.Operators;

/// <summary>A node as seen by its operator's rule: inputs, attributes, and the opset version.</summary>
internal sealed class OperatorCall(OnnxNode node, long opset, RowValue[] inputs, RowSymbols symbols)
{
    public OnnxNode Node => node;

    /// <summary>The version of the operator's operator set.</summary>
    public long Opset => opset;

    public RowSymbols Symbols => symbols;

    public ReadOnlySpan<RowValue> Inputs => inputs;

    /// <summary>An input; <see cref="RowValue.Absent"/> if omitted.</summary>
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

    /// <summary>The integers of a constant input; null if unknown.</summary>
    public ImmutableArray<long>? Numbers(int input) =>
        this[input].Content is { } content && content.All(extent => extent.IsNumber) ? [.. content.Select(extent => extent.Factor)] : null;

    /// <summary>Integers that are an attribute in older operator sets and an input in newer ones; null if unknown.</summary>
    public ImmutableArray<long>? Numbers(string attribute, int input) =>
        Attribute(attribute) is { } given ? given.Integers ?? [] : Numbers(input);

    /// <summary>An axis counted from the start; -1 if out of range.</summary>
    public static int Axis(long axis, int rank) => axis >= -rank && axis < rank ? (int)(axis < 0 ? axis + rank : axis) : -1;

    /// <summary>The result depends on other rows.</summary>
    public RowValue Mixed(string why) => new(RowKind.Mixed) { Reason = $"{Describe()} {why}" };

    /// <summary>The result cannot be analysed.</summary>
    public RowValue Unknown(string why) => new(RowKind.Unknown) { Reason = $"{Describe()} {why}" };

    /// <summary>The first input with rows other than those listed; null if there is none.</summary>
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

    /// <summary>The result if a parameter of an operator is computed from the rows.</summary>
    public RowValue ParameterFromRows() => Unknown("has a parameter that is computed from the rows");

    private string Describe()
    {
        var what = node.Domain.Length == 0 ? node.Operator : $"{node.Domain}.{node.Operator}";
        return node.Name.Length > 0
            ? $"node '{node.Name}' ({what})"
            : $"the node that makes '{node.Outputs.FirstOrDefault(output => output.Length > 0)}' ({what})";
    }
}
