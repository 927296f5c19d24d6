using System.Collections.Frozen;
using System.Collections.Immutable;
using Krewe.Abstractions;

namespace Krewe.Serving;

/// <summary>Reads what a <c>config.pbtxt</c> says of inputs and outputs.</summary>
internal static class ConfigTensors
{
    private static readonly FrozenDictionary<string, TensorType> Types = Enum.GetValues<TensorType>()
        .ToFrozenDictionary(type => type == TensorType.Bytes ? "TYPE_STRING" : "TYPE_" + type.WireName(), StringComparer.Ordinal);

    /// <summary>Reads one input or output.</summary>
    public static TensorDeclaration Read(ConfigFields tensor, bool hasBatchDimension)
    {
        var name = tensor.Text("name") is { Length: > 0 } text
            ? text
            : throw new ManifestException($"{ManifestFiles.Pbtxt}: an input or output has no name");
        if (tensor.One("reshape") is { } reshape)
        {
            throw ConfigFields.Error(
                reshape, $"'{ErrorText.Quote(name)}' has a reshape: callers send the shape of the graph, expected none");
        }

        var declaration = new TensorDeclaration(name, DataType(tensor), Dims(tensor, hasBatchDimension));
        Format(tensor);
        tensor.WarnOfRest();
        return declaration;
    }

    /// <summary>Reads a <c>data_type</c>; null where there is none.</summary>
    public static TensorType? DataType(ConfigFields tensor)
    {
        var expected = $"one of {string.Join(", ", Types.Keys.Order(StringComparer.Ordinal))}";
        return tensor.Word("data_type", expected) is not { } word
            ? null
            : Types.TryGetValue(word, out var type) ? type : throw tensor.Wrong(tensor.One("data_type")!, expected);
    }

    private static ImmutableArray<long>? Dims(ConfigFields tensor, bool hasBatchDimension)
    {
        var dims = tensor.Integers("dims", -1, int.MaxValue).ToImmutableArray();
        if (dims.Contains(0))
        {
            throw tensor.Wrong(tensor.All("dims").ElementAt(dims.IndexOf(0)), "a size from 1, or -1 for a free dimension");
        }

        return dims.IsEmpty ? null : hasBatchDimension ? [-1, .. dims] : dims;
    }

    // Image formats and labels are notes for clients; the other forms would change what is sent.
    private static void Format(ConfigFields tensor)
    {
        tensor.Accept("label_filename");
        const string Expected = "FORMAT_NONE, FORMAT_NHWC or FORMAT_NCHW";
        if (tensor.Word("format", Expected) is not (null or "FORMAT_NONE" or "FORMAT_NHWC" or "FORMAT_NCHW"))
        {
            throw tensor.Wrong(tensor.One("format")!, Expected);
        }
    }
}
