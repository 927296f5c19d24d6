using Krewe.Serving.OnnxRuntime;
using Krewe.Serving.Operators;

namespace Krewe.Serving.Batching;

/// <summary>How many rows of several requests may share a run, and why none where that is so.</summary>
/// <param name="MaxBatchSize">The most rows in one run; 0 where requests are run as they come, neither joined nor split.</param>
/// <param name="Reason">Why requests never share a run, as a sentence without its full stop; null where they do.</param>
internal readonly record struct BatchDecision(int MaxBatchSize, string? Reason)
{
    /// <summary>The most rows in a run where the model's settings say nothing.</summary>
    public const int DefaultMaxBatchSize = 32;

    /// <summary>
    /// What the settings and the graph say; pure. Settings override what cannot be decided, not what is disproved. One row for each
    /// run is right whatever the graph does.
    /// </summary>
    public static BatchDecision Of(int? given, SessionSignature signature) => (given, signature.Rows.Dependence) switch
    {
        (not null, _) when !signature.InputsHaveRows => new(0, "not all inputs have a free first dimension"),
        ( <= 1, _) => new(given.Value, "maxBatchSize in the settings says so"),
        (not null, RowDependence.Dependent) =>
            new(0, $"rows of one run depend on each other, so maxBatchSize {given} is not followed: {signature.Rows.Reason}"),
        (not null, _) => new(given.Value, null),
        (null, RowDependence.Dependent) => new(0, $"rows of one run depend on each other: {signature.Rows.Reason}"),
        (null, _) when !signature.HasBatchDimension => new(0, "not all inputs and outputs have a free first dimension"),
        (null, RowDependence.Undecided) => new(
            0, $"the graph does not prove that rows are independent, and maxBatchSize does not say so: {signature.Rows.Reason}"),
        (null, _) => new(DefaultMaxBatchSize, null),
    };
}
