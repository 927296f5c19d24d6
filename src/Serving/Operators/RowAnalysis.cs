using Krewe.Serving.OnnxFiles;

namespace Krewe.Serving.Operators;

/// <summary>
/// Decides from a graph whether its rows are independent: follows the axis of the rows from the inputs through every node to the
/// outputs, by what <see cref="OperatorTable"/> says of the operators. Sizes that are free but for the batch are the same for all
/// requests that share a run, so only the number of rows is a variable.
/// </summary>
internal sealed partial class RowAnalysis
{
    /// <summary>Nodes looked at for one model, those of loops and functions each time. Real models have thousands.</summary>
    private const int MaxVisits = 200_000;

    private const int MaxDepth = 16;

    /// <summary>Axes of one value; ONNX Runtime has kernels for fewer.</summary>
    private const int MaxRank = 32;
    private readonly OnnxFileSummary file;
    private readonly RowSymbols symbols = new();
    private readonly ILookup<(string Domain, string Name), OnnxFunction> functions;
    private int visits;

    private RowAnalysis(OnnxFileSummary file)
    {
        this.file = file;
        functions = file.Functions.ToLookup(function => (function.Domain, function.Name));
    }

    /// <summary>What the graph says of its rows; pure, and bounded in time by <see cref="OnnxLimits"/> and a number of nodes.</summary>
    public static RowVerdict Of(OnnxFileSummary file) => new RowAnalysis(file).Decide();

    private RowVerdict Decide()
    {
        if (file.Graph is not { } graph)
        {
            return new RowVerdict(RowDependence.Undecided, "the graph is too large, or written too oddly, to be examined");
        }

        if (file.Inputs.IsEmpty || file.Inputs.Any(input => input.Shape is not [{ Value: null }, ..] || input.Shape.Value.Length > MaxRank))
        {
            return new RowVerdict(RowDependence.Undecided, "not all inputs have a free first dimension");
        }

        var scope = new RowScope(null, file.Opsets, [], depth: 0);
        foreach (var input in file.Inputs)
        {
            scope.Set(input.Name, RowValue.Rows(
                input.Shape!.Value.Select((size, axis) => axis == 0 ? Extent.Batch : size.Value is { } known ? Extent.Of(known)
                    : symbols.Fresh()),
                axis: 0, Extent.One));
        }

        var verdict = new RowVerdict(RowDependence.Independent);
        foreach (var (name, value) in graph.Outputs.Zip(Run(graph, scope)))
        {
            var one = Judge(name, value);
            verdict = one.Dependence > verdict.Dependence ? one : verdict;
        }

        return verdict;
    }

    private static RowVerdict Judge(string name, RowValue value) => value switch
    {
        { Kind: RowKind.Rows, Axis: 0, Block.IsOne: true } => new RowVerdict(RowDependence.Independent),
        { Kind: RowKind.Rows, Axis: 0, Block.IsNumber: false } =>
            new RowVerdict(RowDependence.Undecided, $"output '{name}' may have several rows for each row of the inputs"),
        { Kind: RowKind.Rows, Axis: 0 } =>
            new RowVerdict(RowDependence.Dependent, $"output '{name}' has {value.Block} rows for each row of the inputs"),
        { Kind: RowKind.Rows } =>
            new RowVerdict(RowDependence.Dependent, $"output '{name}' has the rows at axis {value.Axis}, not at the first"),
        { Kind: RowKind.Constant } => new RowVerdict(RowDependence.Dependent, $"output '{name}' does not follow the rows"),
        { Kind: RowKind.Count, Content: { } content } when content.Any(extent => extent.FollowsBatch) =>
            new RowVerdict(RowDependence.Dependent, $"output '{name}' says how many rows there are"),
        { Kind: RowKind.Count } => new RowVerdict(RowDependence.Undecided, $"output '{name}' may depend on how many rows there are"),
        { Kind: RowKind.Mixed } => new RowVerdict(RowDependence.Dependent, value.Reason),
        _ => new RowVerdict(RowDependence.Undecided, value.Reason),
    };

    /// <summary>The outputs of a graph whose inputs are in its scope.</summary>
    private RowValue[] Run(OnnxGraph graph, RowScope scope)
    {
        foreach (var constant in graph.Constants)
        {
            scope.Set(constant.Name, Constant(constant));
        }

        foreach (var node in graph.Nodes)
        {
            if (++visits > MaxVisits)
            {
                break;
            }

            var resolved = scope.Resolve(node);
            var results = Visit(resolved, scope);
            for (var i = 0; i < node.Outputs.Length; i++)
            {
                if (node.Outputs[i].Length > 0)
                {
                    scope.Set(node.Outputs[i], results.Length == 0 ? Unknown(resolved) : results[Math.Min(i, results.Length - 1)]);
                }
            }
        }

        return [.. graph.Outputs.Select(name => visits > MaxVisits
            ? new RowValue(RowKind.Unknown) { Reason = $"the graph has more than {MaxVisits} nodes" }
            : scope.Find(name) ?? Missing(name))];
    }

    private RowValue[] Visit(OnnxNode node, RowScope scope)
    {
        var inputs = node.Inputs.Select(name => name.Length == 0 ? RowValue.Absent : scope.Find(name) ?? Missing(name)).ToArray();
        var call = new OperatorCall(node, scope.Opset(node.Domain), inputs, symbols);
        var entry = OperatorTable.Find(node.Domain, node.Operator);
        if (functions[(node.Domain, node.Operator)].ToArray() is { Length: > 0 } own)
        {
            // A function that is an operator already, or that there is twice: which one runs is not for us to say.
            return own is [var function] && entry is null && scope.Depth < MaxDepth ? Inline(function, node, inputs, scope)
                : [Unknown(node)];
        }

        if (node.Domain.Length == 0 && (call.Opset > OperatorTable.NewestOpset || call.Opset == 0))
        {
            return [call.Unknown($"is of operator set {call.Opset}, which is not known")];
        }

        return node is { Domain: "", Operator: "Constant" } ? [Constant(call)]
            : Control(call, scope) ?? (inputs.FirstOrDefault(input => input.Kind == RowKind.Unknown) is { } unknown ? [unknown]
                : entry is null ? [call.Unknown("is not known to work row by row")]
                : inputs.FirstOrDefault(input => input.Kind == RowKind.Mixed) is { } mixed ? [mixed]
                : Apply(entry, call));
    }

    /// <summary>What the operator's rule says, with what holds for all operators.</summary>
    private static RowValue[] Apply(OperatorEntry entry, OperatorCall call)
    {
        var computesWithCount = false;
        for (var i = 0; i < call.Inputs.Length; i++)
        {
            if (call[i].Kind != RowKind.Count || entry.ShapeInputs.Contains(i))
            {
                continue;
            }

            computesWithCount = true;
            if (call.RowsBeside() is not null)
            {
                return [call[i].Content is { } content && content.Any(extent => extent.FollowsBatch)
                    ? call.Mixed("computes with the number of rows")
                    : call.Unknown("may compute with the number of rows")];
            }
        }

        var results = entry.Rows(call);
        for (var i = 0; i < results.Length; i++)
        {
            results[i] = Check(call, results[i], computesWithCount);
        }

        return results;
    }

    private static RowValue Check(OperatorCall call, RowValue result, bool computesWithCount)
    {
        if (result.IsAbsent || result.Rank > MaxRank)
        {
            return result.IsAbsent ? RowValue.Constant() : call.Unknown($"makes something of more than {MaxRank} axes");
        }

        if (result.Kind == RowKind.Rows)
        {
            var shape = result.Shape!.Value;
            for (var axis = 0; axis < shape.Length; axis++)
            {
                if (axis != result.Axis && shape[axis].MayFollowBatch)
                {
                    return call.Unknown("makes something whose size follows the number of rows twice");
                }
            }

            return shape[result.Axis].Equals(Extent.Product(Extent.Batch, result.Block)) ? result : call.Unknown("loses track of the rows");
        }

        if (result.Kind is not (RowKind.Constant or RowKind.Count))
        {
            return result;
        }

        var follows = result.Content is { } content
            ? content.Any(extent => extent.MayFollowBatch)
            : computesWithCount || (result.Shape is { } sizes && sizes.Any(size => size.MayFollowBatch)) || IsCutByCount(call, result);
        return result with { Kind = follows ? RowKind.Count : RowKind.Constant };
    }

    /// <summary>True where a shape that may follow the rows went into it and nothing is left to see of that.</summary>
    private static bool IsCutByCount(OperatorCall call, RowValue result)
    {
        foreach (var input in call.Inputs)
        {
            if (input.Kind == RowKind.Count
                && (result.Shape is null || input.Content is null || call.Node.Operator is "Slice" or "Range" or "TopK"))
            {
                return true;
            }
        }

        return false;
    }

    private RowValue[] Inline(OnnxFunction function, OnnxNode node, RowValue[] inputs, RowScope scope)
    {
        var inner = scope.Enter(function, node);
        for (var i = 0; i < function.Body.Inputs.Length; i++)
        {
            inner.Set(function.Body.Inputs[i], i < inputs.Length ? inputs[i] : RowValue.Absent);
        }

        return Run(function.Body, inner);
    }

    private static RowValue Missing(string name) => new(RowKind.Unknown) { Reason = $"the value '{name}' is read before it is made" };

    private static RowValue Unknown(OnnxNode node) =>
        new OperatorCall(node, 0, [], new RowSymbols()).Unknown("is not known to work row by row");

    private static RowValue Constant(OnnxConstant constant) => RowValue.Constant([.. constant.Shape.Select(Extent.Of)]) with
    {
        Content = constant.Shape.Length < 2 && constant.Integers is { } numbers ? [.. numbers.Select(Extent.Of)] : null,
        Floats = constant.Floats,
    };

    /// <summary>A node that holds a constant, in any of the ways it can.</summary>
    private static RowValue Constant(OperatorCall call) => call.Attribute("value")?.Tensor is { } tensor ? Constant(tensor)
        : call.Attribute("value_int")?.Integer is { } number ? ShapeRules.OfContent([Extent.Of(number)], isScalar: true)
        : call.Attribute("value_ints")?.Integers is { } numbers ? ShapeRules.OfContent([.. numbers.Select(Extent.Of)], isScalar: false)
        : call.Attribute("value_floats")?.Floats is { } floats ? RowValue.Constant([Extent.Of(floats.Length)]) with { Floats = floats }
        : call.Attribute("value_float") is not null || call.Attribute("value_string") is not null ? RowValue.Constant([])
        : RowValue.Constant();
}
