using System.Collections.Immutable;
using Krewe.Serving.OnnxFiles;

namespace Krewe.Serving.Operators;

/// <summary>Where tensors without elements come from, though no input of the graph is empty.</summary>
internal sealed partial class HazardAnalysis
{
    private static bool MayVanish(OnnxNode node, HazardValue?[] inputs, Hazard hazards, ValueSource source)
    {
        var first = inputs is [{ MayVanish: true }, ..];
        return node.Operator switch
        {
            // As many elements as the first input, or its sizes; the others say where.
            "Reshape" or "Squeeze" or "Unsqueeze" or "Flatten" or "Identity" or "Cast" or "Transpose" or "Shape" => first,
            "Gather" or "Slice" when source == ValueSource.Shapes => first,
            "Resize" or "Upsample" => first || !Enlarges(node, inputs),
            _ when hazards.HasFlag(Hazard.Shrinks) => source != ValueSource.Shapes,
            _ when hazards.HasFlag(Hazard.Size) =>
                inputs.Any(static input => input?.MayVanish == true) || HasZero(OperatorTable.SizeInputs(node.Operator), inputs),
            _ when hazards.HasFlag(Hazard.SizeAttributes) => inputs.Any(static input => input?.MayVanish == true) || !CoversImage(node),
            "Concat" or "Mul" when source == ValueSource.Shapes =>
                inputs.Any(static input => input is { MayVanish: true } or { Source: ValueSource.Constant, Numbers: null })
                || inputs.Any(static input => input?.Numbers?.Contains(0) == true),
            _ => source == ValueSource.Shapes || inputs.Any(static input => input?.MayVanish == true),
        };
    }

    /// <summary>True if a size is a constant that is 0 or unknown.</summary>
    private static bool HasZero(ReadOnlySpan<int> sizes, HazardValue?[] inputs)
    {
        foreach (var at in sizes)
        {
            if (at < inputs.Length && inputs[at] is { Source: ValueSource.Constant } size && size.Numbers?.Contains(0) != false)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>True for a resize whose scales are constants of 1 or more, of the whole image.</summary>
    private static bool Enlarges(OnnxNode node, HazardValue?[] inputs) => inputs switch
    {
        [_, { Floats: { } scales }] => AreEnough(scales),
        [_, var part, { Floats: { } scales }] => part is null or { Floats: [] } && AreEnough(scales),
        _ => node.Attributes.FirstOrDefault(static attribute => attribute.Name == "scales")?.Floats is { } scales && AreEnough(scales),
    };

    private static bool AreEnough(ImmutableArray<float> scales) => !scales.IsEmpty && scales.All(static scale => scale >= 1);

    /// <summary>True if the window fits at least once into an image of one pixel with its padding, or a smaller image is refused.</summary>
    private static bool CoversImage(OnnxNode node)
    {
        // Seen with ONNX Runtime 1.31.
        if (node.Operator == "Conv")
        {
            return true;
        }

        ImmutableArray<long>? Numbers(string name) => node.Attributes.FirstOrDefault(attribute => attribute.Name == name)?.Integers;
        if (node.Attributes.FirstOrDefault(static attribute => attribute.Name == "auto_pad")?.Text is { } auto && auto != "NOTSET")
        {
            return auto.StartsWith("SAME", StringComparison.Ordinal);
        }

        var pads = Numbers("pads");
        if (node.Operator == "ConvTranspose")
        {
            return Numbers("output_shape") is null && pads?.All(static pad => pad == 0) != false;
        }

        if (Numbers("kernel_shape") is not { } kernel)
        {
            return false;
        }

        var dilations = Numbers("dilations");
        for (var axis = 0; axis < kernel.Length; axis++)
        {
            var reach = (dilations?.ElementAtOrDefault(axis) ?? 1) * (kernel[axis] - 1);
            var padding = (pads?.ElementAtOrDefault(axis) ?? 0) + (pads?.ElementAtOrDefault(axis + kernel.Length) ?? 0);
            if (padding < reach)
            {
                return false;
            }
        }

        return true;
    }
}
