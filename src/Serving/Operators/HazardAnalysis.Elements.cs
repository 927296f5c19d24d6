using Krewe.Serving.OnnxFiles;

namespace Krewe.Serving.Operators;

/// <summary>The classes of elements, and where values come from.</summary>
internal sealed partial class HazardAnalysis
{
    /// <summary>What the outputs of an operator are.</summary>
    private static class ElementClasses
    {
        /// <summary>By the number of an ONNX element type.</summary>
        public static ElementClass Of(ulong type) => type switch
        {
            1 or 10 or 11 or 16 => ElementClass.Float,
            >= 2 and <= 7 or 12 or 13 => ElementClass.Integer,
            0 => ElementClass.Unknown,
            _ => ElementClass.Other,
        };

        public static HazardValue[] Of(OnnxNode node, HazardValue?[] inputs, ValueSource source)
        {
            var first = inputs.Length > 0 ? inputs[0]?.Class ?? ElementClass.Unknown : ElementClass.Unknown;
            var value = new HazardValue(first, source);
            return node.Domain.Length > 0 ? [value with { Class = ElementClass.Unknown }] : node.Operator switch
            {
                "Shape" or "Size" => [new HazardValue(ElementClass.Integer, ValueSource.Shapes)],
                "ArgMax" or "ArgMin" or "NonZero" => [value with { Class = ElementClass.Integer }],
                "TopK" or "Unique" => [value, value with { Class = ElementClass.Integer }],
                "Cast" => [Kept(inputs) with { Class = node.Attributes.FirstOrDefault(static a => a.Name == "to")?.Integer is { } to
                    ? Of((ulong)to) : ElementClass.Unknown }],
                "CastLike" or "Where" => [value with { Class = inputs.Length > 1 ? inputs[1]?.Class ?? default : default }],
                "OneHot" => [value with { Class = inputs.Length > 2 ? inputs[2]?.Class ?? default : default }],
                "ConstantOfShape" =>
                    [value with { Class = node.Attributes.FirstOrDefault()?.Tensor is { } filled ? Of(filled.Type) : ElementClass.Float }],
                "DequantizeLinear" => [value with { Class = ElementClass.Float }],
                "QuantizeLinear" or "MatMulInteger" or "ConvInteger" or "QLinearMatMul" or "QLinearConv" =>
                    [value with { Class = ElementClass.Integer }],
                "DynamicQuantizeLinear" => [value with { Class = ElementClass.Integer }, value with { Class = ElementClass.Float },
                    value with { Class = ElementClass.Integer }],
                "Equal" or "Greater" or "GreaterOrEqual" or "Less" or "LessOrEqual" or "Not" or "And" or "Or" or "Xor" or "IsNaN"
                    or "IsInf" =>
                    [value with { Class = ElementClass.Other }],
                "Identity" or "Squeeze" or "Unsqueeze" or "Reshape" or "Concat" or "Gather" or "Slice" or "Flatten" => [Kept(inputs)],
                "Mul" or "Add" or "Sub" or "Pow" or "BitShift" => [Grown(node, inputs, value)],
                _ => [value],
            };
        }

        /// <summary>All numbers of the inputs, of which the result has some. Nothing grows.</summary>
        private static HazardValue Kept(HazardValue?[] inputs)
        {
            var known = inputs.OfType<HazardValue>().ToArray();
            var numbers = known.All(static value => value is { Source: ValueSource.Constant, Numbers: not null });
            return known.Length == 0 ? default : new HazardValue(
                known[0].Class, known.Max(static value => value.Source),
                numbers ? [.. known.SelectMany(static value => value.Numbers!.Value)] : null,
                known.Length == 1 ? known[0].Floats : null, known.Max(static value => value.Factor));
        }

        /// <summary>Shapes times a small constant are still bounded by shapes; other products are not.</summary>
        private static HazardValue Grown(OnnxNode node, HazardValue?[] inputs, HazardValue value)
        {
            if (value.Source != ValueSource.Shapes || inputs is not [{ } a, { } b])
            {
                return value;
            }

            var (shapes, other) = a.Source == ValueSource.Shapes ? (a, b) : (b, a);
            var growth = other.Source == ValueSource.Shapes
                ? node.Operator is "Add" or "Sub" ? other.Factor + 1 : MaxFactor + 1
                : other.Numbers is not { } numbers || node.Operator is "Pow" or "BitShift"
                    || numbers.Any(static number => number is < -MaxFactor or > MaxFactor)
                    ? MaxFactor + 1
                    : numbers.Select(Math.Abs).Append(1).Max();
            var factor = Product(shapes.Factor, growth);
            return factor > MaxFactor ? value with { Source = ValueSource.Data } : value with { Factor = factor };
        }
    }
}
