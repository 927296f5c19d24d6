using System.Collections.Immutable;
using Krewe.Serving.OnnxFiles;

namespace Krewe.Serving.Operators;

/// <summary>
/// Decides whether a graph computes each row independently: tracks the row axis from the inputs through every node to the outputs, by the
/// rules of <see cref="OperatorTable"/>. Free sizes other than the batch are the same for all requests in a run, so the number of rows is
/// the only variable.
/// </summary>
internal sealed partial class RowAnalysis
{
    /// <summary>
    /// The maximum number of node visits per model, including repeated visits in loops and functions. Real models have thousands of nodes.
    /// </summary>
    private const int MaxVisits = 200_000;

    private const int MaxDepth = 16;

    /// <summary>The maximum rank; ONNX Runtime's kernels support less.</summary>
    private const int MaxRank = 32;
    private readonly OnnxFileSummary file;
    private readonly RowSymbols symbols = new();
    private readonly ILookup<(string Domain, string Name), OnnxFunction> functions;
    private readonly Action<string, RowValue>? observe;
    private int visits;

    private RowAnalysis(OnnxFileSummary file, Action<string, RowValue>? observe = null)
    {
        (this.file, this.observe) = (file, observe);
        functions = file.Functions.ToLookup(function => (function.Domain, function.Name));
    }

    /// <summary>Analyses a graph; pure, and bounded in time by <see cref="OnnxLimits"/> and <see cref="MaxVisits"/>.</summary>
    public static RowVerdict Of(OnnxFileSummary file) => new RowAnalysis(file).Decide();

    /// <summary>Evaluates a graph for given sizes, and shows every value that a node computes.</summary>
    /// <param name="file">The file; the shapes of its inputs are known.</param>
    /// <param name="isByRow">True to leave the number of rows open; false to have no rows at all.</param>
    /// <param name="sizeOf">The size of a free dimension: the index of the input, and the axis.</param>
    /// <param name="observe">Gets the name of each value, and what is known of it.</param>
    public static void Trace(OnnxFileSummary file, bool isByRow, Func<int, int, Extent> sizeOf, Action<string, RowValue> observe)
    {
        var scope = new RowScope(null, file.Opsets, [], depth: 0);
        for (var i = 0; i < file.Inputs.Length; i++)
        {
            var shape = file.Inputs[i].Shape!.Value.Select((size, axis) => isByRow && axis == 0 ? Extent.Batch
                : size.Value is { } known ? Extent.Of(known) : sizeOf(i, axis)).ToImmutableArray();
            scope.Set(file.Inputs[i].Name, isByRow ? RowValue.Rows(shape, axis: 0, Extent.One) : RowValue.Constant(shape));
        }

        new RowAnalysis(file, observe).Run(file.Graph!, scope);
    }

    private RowVerdict Decide()
    {
        if (file.Graph is not { } graph)
        {
            return new RowVerdict(RowDependence.Undecided, "the graph is too large or malformed, so it was not analysed");
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
            new RowVerdict(RowDependence.Dependent, $"output '{name}' has the rows at axis {value.Axis} instead of the first"),
        { Kind: RowKind.Constant } => new RowVerdict(RowDependence.Dependent, $"output '{name}' does not depend on the rows"),
        { Kind: RowKind.Count, Content: { } content } when content.Any(extent => extent.FollowsBatch) =>
            new RowVerdict(RowDependence.Dependent, $"output '{name}' depends on the number of rows"),
        { Kind: RowKind.Count } => new RowVerdict(RowDependence.Undecided, $"output '{name}' may depend on the number of rows"),
        { Kind: RowKind.Mixed } => new RowVerdict(RowDependence.Dependent, value.Reason),
        _ => new RowVerdict(RowDependence.Undecided, value.Reason),
    };

    /// <summary>Evaluates a graph whose inputs are in its scope.</summary>
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
                    var result = results.Length == 0 ? Unknown(resolved) : results[Math.Min(i, results.Length - 1)];
                    scope.Set(node.Outputs[i], result);
                    observe?.Invoke(node.Outputs[i], result);
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
            // A function that redefines an operator, or is defined twice: which one runs is unspecified.
            return own is [var function] && entry is null && scope.Depth < MaxDepth ? Inline(function, node, inputs, scope)
                : [Unknown(node)];
        }

        if (node.Domain.Length == 0 && (call.Opset > OperatorTable.NewestOpset || call.Opset == 0))
        {
            return [call.Unknown($"is of operator set {call.Opset}, which is not supported")];
        }

        return node is { Domain: "", Operator: "Constant" } ? [Constant(call)]
            : Control(call, scope) ?? (inputs.FirstOrDefault(input => input.Kind == RowKind.Unknown) is { } unknown ? [unknown]
                : entry is null ? [call.Unknown("is not known to work row by row")]
                : inputs.FirstOrDefault(input => input.Kind == RowKind.Mixed) is { } mixed ? [mixed]
                : Apply(entry, call));
    }

    /// <summary>Applies the operator's rule and the checks common to all operators.</summary>
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
            return result.IsAbsent ? RowValue.Constant() : call.Unknown($"has a result of more than {MaxRank} axes");
        }

        if (result.Kind == RowKind.Rows)
        {
            var shape = result.Shape!.Value;
            for (var axis = 0; axis < shape.Length; axis++)
            {
                if (axis != result.Axis && shape[axis].MayFollowBatch)
                {
                    return call.Unknown("has a result with more than one axis that depends on the number of rows");
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

    /// <summary>True if an input may depend on the number of rows, but the result no longer shows it.</summary>
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

    private static RowValue Missing(string name) => new(RowKind.Unknown) { Reason = $"the value '{name}' is used before it is computed" };

    private static RowValue Unknown(OnnxNode node) =>
        new OperatorCall(node, 0, [], new RowSymbols()).Unknown("is not known to work row by row");

    private static RowValue Constant(OnnxConstant constant) => RowValue.Constant([.. constant.Shape.Select(Extent.Of)]) with
    {
        Content = constant.Shape.Length < 2 && constant.Integers is { } numbers ? [.. numbers.Select(Extent.Of)] : null,
        Floats = constant.Floats,
    };

    /// <summary>A Constant node, in any of its forms.</summary>
    private static RowValue Constant(OperatorCall call) => call.Attribute("value")?.Tensor is { } tensor ? Constant(tensor)
        : call.Attribute("value_int")?.Integer is { } number ? ShapeRules.OfContent([Extent.Of(number)], isScalar: true)
        : call.Attribute("value_ints")?.Integers is { } numbers ? ShapeRules.OfContent([.. numbers.Select(Extent.Of)], isScalar: false)
        : call.Attribute("value_floats")?.Floats is { } floats ? RowValue.Constant([Extent.Of(floats.Length)]) with { Floats = floats }
        : call.Attribute("value_float") is not null || call.Attribute("value_string") is not null ? RowValue.Constant([])
        : RowValue.Constant();
}
