using Krewe.Abstractions.Tensors;
using Krewe.Serving.OnnxFiles;

namespace Krewe.Serving.Operators;

/// <summary>
/// Decides whether a graph is plain: no input of the right type and shape makes it end the process, run without end, or take memory that
/// the shapes of its inputs do not bound. Operators must be in <see cref="OperatorTable"/>, and those with a <see cref="Hazard"/> must be
/// harmless by their constants. It walks the graph apart from <see cref="RowAnalysis"/>: what stops the walk, what is known of a missing
/// value and what the bodies of If, Scan and functions mean differ, and only the loop over the nodes would be shared.
/// </summary>
internal sealed partial class HazardAnalysis
{
    private const int MaxVisits = 200_000;
    private const int MaxDepth = 16;

    /// <summary>Elements that constants of the file may ask for, over all nodes: 256 MiB of floats.</summary>
    private const long MaxConstantElements = 1L << 26;

    /// <summary>The largest number that an operator may have as an attribute.</summary>
    private const long MaxAttribute = 1L << 24;

    /// <summary>The most by which constants may multiply a shape.</summary>
    private const long MaxFactor = 4096;

    private static readonly HazardValue Unknown = new(ElementClass.Unknown, ValueSource.Data, MayVanish: true);

    private readonly ILookup<(string Domain, string Name), OnnxFunction> functions;
    private long constantElements;
    private int visits;
    private string? reason;
    private string? endsOnEmpty;

    private HazardAnalysis(OnnxFileSummary file) => functions = file.Functions.ToLookup(static own => (own.Domain, own.Name));

    /// <summary>Analyses a graph; pure, and bounded in time.</summary>
    public static HazardVerdict Of(OnnxFileSummary file)
    {
        if (file.Graph is not { } graph)
        {
            return new HazardVerdict("the graph is too large or malformed, so it was not analysed", null);
        }

        var analysis = new HazardAnalysis(file);
        var scope = new Scope(null, 0, file.OpsetVersion);
        foreach (var input in file.Inputs)
        {
            scope.Values[input.Name] = new HazardValue(
                ClassOf(input.Type), ValueSource.Data, MayVanish: input.Shape?.Any(static dimension => dimension.Value == 0) == true,
                HasRank: input.Shape is not null, HasShape: input.Shape?.All(static dimension => dimension.Value is not null) == true,
                Rank: input.Shape?.Length, Length: input.Shape is [{ Value: { } length }] ? length : null);
        }

        analysis.Run(graph, scope);
        return new HazardVerdict(analysis.reason, analysis.reason is null ? analysis.endsOnEmpty : null);
    }

    private void Run(OnnxGraph graph, Scope scope)
    {
        foreach (var constant in graph.Constants)
        {
            // An input may replace an initializer.
            scope.Values.TryAdd(constant.Name, OfConstant(constant));
        }

        foreach (var node in graph.Nodes)
        {
            if (reason is not null)
            {
                return;
            }

            if (++visits > MaxVisits)
            {
                reason = $"the graph has more than {MaxVisits} nodes";
                return;
            }

            var inputs = node.Inputs.Select(name => name.Length == 0 ? (HazardValue?)null : scope.Find(name)).ToArray();
            var outputs = Visit(node, inputs, scope);
            for (var i = 0; i < node.Outputs.Length; i++)
            {
                scope.Values[node.Outputs[i]] = outputs[Math.Min(i, outputs.Length - 1)];
            }
        }
    }

    private HazardValue[] Visit(OnnxNode node, HazardValue?[] inputs, Scope scope)
    {
        var source = inputs.Max(static input => input?.Source) ?? ValueSource.Constant;
        if (functions[(node.Domain, node.Operator)].ToArray() is { Length: > 0 } own)
        {
            // A function that redefines an operator, or is defined twice: which one runs is unspecified.
            if (own is [var function] && !OperatorTable.IsOfRuntime(node.Domain))
            {
                return Inline(function, node, inputs, scope);
            }

            reason = $"{Describe(node)} is defined more than once";
            return [default];
        }

        if (node.Attributes.FirstOrDefault(static attribute => attribute.Reference is not null) is { } given)
        {
            reason = $"{Describe(node)} has the attribute '{given.Name}' from the caller of its function";
            return [default];
        }

        if (node.Domain.Length == 0)
        {
            switch (node.Operator)
            {
                case "Constant":
                    return [OfConstantNode(node)];
                case "If":
                    reason = FindAttribute(node);
                    return If(node, source, scope);
                case "Scan":
                    reason = FindAttribute(node) ?? FindScanInputs(node);
                    return Scan(node, scope);
            }
        }

        if (!OperatorTable.IsPlain(node.Domain, node.Operator))
        {
            reason = $"{Describe(node)} is not known to be harmless";
            return [default];
        }

        var hazards = OperatorTable.HazardOf(node.Domain, node.Operator);
        reason ??= FindAttribute(node)
            ?? (hazards.HasFlag(Hazard.IntegerDivision) ? FindDivision(node, inputs) : null)
            ?? (hazards.HasFlag(Hazard.Size) ? FindSize(node, inputs) ?? FindSizeAttributes(node) : null)
            ?? (hazards.HasFlag(Hazard.SizeAttributes) ? FindSizeAttributes(node) : null)
            ?? (hazards.HasFlag(Hazard.Rank) ? FindRank(node, inputs) : null)
            ?? FindTraining(node, inputs)
            ?? (hazards.HasFlag(Hazard.InFunction) && scope.IsFunction ? $"{Describe(node)} ends the process in a function" : null);
        if (hazards.HasFlag(Hazard.Empty))
        {
            CheckEmpty(node, inputs);
        }
        else if (hazards.HasFlag(Hazard.EmptyOperand)
            && inputs.ElementAtOrDefault(OperatorTable.NeededInput(node.Operator)) is { } needed)
        {
            CheckEmpty(node, [needed]);
        }

        var mayVanish = MayVanish(node, inputs, hazards, source);
        var (hasRank, hasShape) = InferRank(node, inputs, hazards, source, scope.Opset);
        var (rank, length) = (RankOf(node, inputs), LengthOf(node, inputs));
        return [.. ElementClasses.Of(node, inputs, source).Select(output => output with
        {
            MayVanish = mayVanish, HasRank = hasRank, HasShape = hasShape, Rank = rank, Length = length,
        })];
    }

    private static string? FindAttribute(OnnxNode node) => node.Attributes.FirstOrDefault(attribute => attribute.Integer is { } number
        && IsOutOfBounds(node.Domain, attribute.Name, number)) is { } wrong
        ? $"{Describe(node)} has {wrong.Integer} as its attribute '{wrong.Name}'"
        : null;

    /// <summary>
    /// Single numbers among the attributes of standard operators are axes, counts and flags; far from 0 they overflow in places. Some are
    /// divisors, or the number of columns of the output.
    /// </summary>
    private static bool IsOutOfBounds(string domain, string name, long number) => name switch
    {
        "batch_dims" => number < 0,
        "group" or "num_groups" or "num_heads" or "q_num_heads" or "kv_num_heads" => number < 1,
        "targets" or "n_targets" => number > MaxFactor,
        _ => false,
    } || (domain.Length == 0 && number is < -MaxAttribute or > MaxAttribute);

    /// <summary>ONNX Runtime makes room for as many inputs as the attribute says.</summary>
    private static string? FindScanInputs(OnnxNode node) =>
        node.Attributes.FirstOrDefault(static attribute => attribute.Name == "num_scan_inputs")?.Integer is { } count
        && (count < 1 || count > node.Inputs.Length)
            ? $"{Describe(node)} scans {count} inputs and has {node.Inputs.Length}"
            : null;

    /// <summary>Finds values without elements among those that a node needs.</summary>
    private void CheckEmpty(OnnxNode node, HazardValue?[] needed)
    {
        var source = needed.Max(static value => value?.Source) ?? ValueSource.Constant;
        reason ??= source == ValueSource.Shapes || needed.Any(static value => value?.MayVanish == true)
            ? $"{Describe(node)} fails fatally on a tensor without elements, and another node may make one"
            : null;
        endsOnEmpty ??= source == ValueSource.Constant ? null : Describe(node);
    }

    private static string? FindDivision(OnnxNode node, HazardValue?[] inputs) =>
        inputs is [{ Class: ElementClass.Float }, ..] or [_, { Class: ElementClass.Float }]
        || (inputs is [_, { Source: ValueSource.Constant, Numbers: { } divisors }] && divisors.All(
            static divisor => divisor is not (0 or -1)))
            ? null
            : $"{Describe(node)} may divide integers by 0 or -1, which ends the process";

    /// <summary>Seen to end the process on an empty input (ONNX Runtime 1.31).</summary>
    private static string? FindTraining(OnnxNode node, HazardValue?[] inputs) =>
        node is { Domain: "", Operator: "Dropout" } && inputs is [_, _, { } mode, ..]
            && mode is not { Source: ValueSource.Constant, Numbers: [0] }
            ? $"{Describe(node)} may be in training mode"
            : null;

    /// <summary>The inputs that say how large the output is must be small constants, or computed from shapes.</summary>
    private string? FindSize(OnnxNode node, HazardValue?[] inputs)
    {
        long elements = 1;
        foreach (var at in OperatorTable.SizeInputs(node.Operator))
        {
            if (at >= inputs.Length || inputs[at] is not { } size || size.Source == ValueSource.Shapes)
            {
                continue;
            }

            if (size.Source == ValueSource.Data)
            {
                return $"{Describe(node)} makes an output whose size is computed from the contents of an input";
            }

            if (size.Numbers is null && size.Floats is null)
            {
                return $"{Describe(node)} has a size that is not known";
            }

            foreach (var number in size.Numbers
                ?? [.. size.Floats!.Value.Select(static scale => (long)Math.Min(Math.Ceiling(Math.Abs(scale)), int.MaxValue))])
            {
                elements = Product(elements, number);
            }
        }

        // A factor of an input's size, or a size.
        if (elements > MaxFactor && OperatorTable.Multiplies(node.Operator) && inputs is [{ Source: not ValueSource.Constant }, ..])
        {
            return $"{Describe(node)} multiplies the size of its input by {elements}";
        }

        constantElements += elements;
        return constantElements > MaxConstantElements
            ? $"{Describe(node)} makes an output of {elements} elements or more, whatever the inputs are"
            : null;
    }

    private static string? FindSizeAttributes(OnnxNode node) =>
        node.Attributes.Where(static attribute => attribute.Name is "strides" or "pads" or "dilations" or "kernel_shape"
            or "output_padding" or "output_shape" or "scales")
            .Any(static attribute => (attribute.Integers?.Any(static size => size is < -MaxFactor or > MaxFactor) ?? false)
                || (attribute.Floats?.Any(static scale => !(Math.Abs(scale) <= MaxFactor)) ?? false))
            ? $"{Describe(node)} multiplies the size of its input by more than {MaxFactor}"
            : null;

    private static long Product(long left, long right) => right is 0 or 1 or -1 ? left
        : Math.Abs((double)left * right) > long.MaxValue / 2 ? long.MaxValue / 2 : left * Math.Abs(right);

    private HazardValue[] If(OnnxNode node, ValueSource source, Scope scope)
    {
        var results = node.Attributes.Where(static attribute => attribute.Graph is not null)
            .Select(branch => Outputs(branch.Graph!, scope)).ToArray();
        return results is [var then, var other] && then.Length == other.Length && then.Length > 0
            ? [.. then.Zip(
                other, (a, b) => Unknown with
                {
                    Class = a.Class == b.Class ? a.Class : ElementClass.Unknown,
                    Source = Worst(source, a.Source, b.Source),
                })]
            : [Unknown];
    }

    /// <summary>The body runs once for each element of an axis.</summary>
    private HazardValue[] Scan(OnnxNode node, Scope scope)
    {
        foreach (var body in node.Attributes.Where(static attribute => attribute.Graph is not null))
        {
            Outputs(body.Graph!, scope);
        }

        return [Unknown];
    }

    private HazardValue[] Inline(OnnxFunction function, OnnxNode node, HazardValue?[] inputs, Scope scope)
    {
        if (scope.Depth >= MaxDepth)
        {
            reason = $"{Describe(node)} is nested too deep";
            return [default];
        }

        var inner = new Scope(null, scope.Depth + 1, function.Opsets.GetValueOrDefault(""));
        for (var i = 0; i < function.Body.Inputs.Length; i++)
        {
            inner.Values[function.Body.Inputs[i]] = (i < inputs.Length ? inputs[i] : null) ?? default;
        }

        Run(function.Body, inner);
        return function.Body.Outputs.IsEmpty ? [Unknown] : [.. function.Body.Outputs.Select(inner.Find)];
    }

    private HazardValue[] Outputs(OnnxGraph graph, Scope scope)
    {
        if (scope.Depth >= MaxDepth)
        {
            reason = "graphs are nested too deep";
            return [];
        }

        var inner = new Scope(scope, scope.Depth + 1, scope.Opset);
        foreach (var input in graph.Inputs)
        {
            inner.Values[input] = Unknown;
        }

        Run(graph, inner);
        return [.. graph.Outputs.Select(inner.Find)];
    }

    private static ValueSource Worst(params ReadOnlySpan<ValueSource> sources)
    {
        var worst = ValueSource.Constant;
        foreach (var source in sources)
        {
            worst = source > worst ? source : worst;
        }

        return worst;
    }

    private static HazardValue OfConstant(OnnxConstant constant) => new(
        ElementClasses.Of(constant.Type), ValueSource.Constant, constant.Integers, constant.Floats, MayVanish: constant.Shape.Contains(0),
        HasRank: true, HasShape: true, Rank: constant.Shape.Length,
        Length: constant.Shape switch { [] => 1, [var length] => length, _ => null });

    private static HazardValue OfConstantNode(OnnxNode node)
    {
        foreach (var attribute in node.Attributes)
        {
            switch (attribute.Name)
            {
                case "value" when attribute.Tensor is { } tensor:
                    return OfConstant(tensor);
                case "value_int" or "value_ints":
                    return new HazardValue(
                        ElementClass.Integer, ValueSource.Constant, attribute.Integers ?? (attribute.Integer is { } one ? [one] : null),
                        HasRank: true, HasShape: true, Rank: attribute.Name == "value_int" ? 0 : 1,
                        Length: attribute.Integers?.Length ?? 1);
                case "value_float" or "value_floats":
                    return new HazardValue(
                        ElementClass.Float, ValueSource.Constant, null, attribute.Floats ?? (attribute.Float is { } real ? [real] : null),
                        HasRank: true, HasShape: true, Rank: attribute.Name == "value_float" ? 0 : 1,
                        Length: attribute.Floats?.Length ?? 1);
                default:
                    break;
            }
        }

        return Unknown with { Source = ValueSource.Constant };
    }

    private static ElementClass ClassOf(TensorType? type) => type switch
    {
        null => ElementClass.Unknown,
        TensorType.Float16 or TensorType.BFloat16 or TensorType.Float32 or TensorType.Float64 => ElementClass.Float,
        TensorType.Bool or TensorType.Bytes => ElementClass.Other,
        _ => ElementClass.Integer,
    };

    private static string Describe(OnnxNode node)
    {
        var what = node.Domain.Length == 0 ? node.Operator : $"{node.Domain}.{node.Operator}";
        return node.Name.Length > 0 ? $"node '{node.Name}' ({what})" : $"the node that makes '{node.Outputs.FirstOrDefault()}' ({what})";
    }

    private sealed class Scope(Scope? outer, int depth, long opset)
    {
        public int Depth => depth;

        /// <summary>The version of the standard operators.</summary>
        public long Opset => opset;

        public bool IsFunction => outer?.IsFunction ?? depth > 0;

        public Dictionary<string, HazardValue> Values { get; } = new(StringComparer.Ordinal);

        /// <summary>A value; of unknown elements computed from contents if it is missing.</summary>
        public HazardValue Find(string name) => Values.TryGetValue(name, out var value) ? value
            : outer?.Find(name) ?? Unknown;
    }
}
