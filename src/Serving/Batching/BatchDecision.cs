using Krewe.Serving.OnnxRuntime;
using Krewe.Serving.Operators;

namespace Krewe.Serving.Batching;

/// <summary>The maximum batch size, and why requests are not batched if they are not.</summary>
/// <param name="MaxBatchSize">The maximum number of rows in one run; 0 if requests are neither batched nor split.</param>
/// <param name="Reason">Why requests are never batched, as a sentence without its full stop; null if they are.</param>
internal readonly record struct BatchDecision(int MaxBatchSize, string? Reason)
{
    /// <summary>The maximum batch size if the model's settings name none.</summary>
    public const int DefaultMaxBatchSize = 32;

    /// <summary>
    /// Decides from the settings and the graph; pure. Settings override an undecided row analysis, not a proven dependence. A batch size of
    /// 1 is always correct.
    /// </summary>
    public static BatchDecision Of(int? given, SessionSignature signature) => (given, signature.Rows.Dependence) switch
    {
        (not null, _) when !signature.InputsHaveRows => new(0, "not all inputs have a free first dimension"),
        ( <= 1, _) => new(given.Value, $"the settings set maxBatchSize to {given}"),
        (not null, RowDependence.Dependent) =>
            new(0, $"rows of one run depend on each other, so maxBatchSize {given} is ignored: {signature.Rows.Reason}"),
        (not null, _) => new(given.Value, null),
        (null, RowDependence.Dependent) => new(0, $"rows of one run depend on each other: {signature.Rows.Reason}"),
        (null, _) when !signature.HasBatchDimension => new(0, "not all inputs and outputs have a free first dimension"),
        (null, RowDependence.Undecided) => new(
            0, $"the graph does not prove that rows are independent, and the settings do not set maxBatchSize: {signature.Rows.Reason}"),
        (null, _) => new(DefaultMaxBatchSize, null),
    };
}
