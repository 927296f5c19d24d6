using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Tensors;
using Proto = Inference;

namespace Krewe.Api.Grpc.Services;

/// <summary>A model's signature and statistics as messages.</summary>
internal static class ModelMessages
{
    public static Proto.ModelMetadataResponse Of(ModelMetadata metadata) => new()
    {
        Name = metadata.Model.Name.Value,
        Versions = { metadata.Versions.Select(static version => version.ToString()) },
        Platform = metadata.Platform,
        Inputs = { metadata.Inputs.Select(Of) },
        Outputs = { metadata.Outputs.Select(Of) },
    };

    public static Proto.ModelStatistics Of(ModelStatistics statistics) => new()
    {
        Name = statistics.Model.Name.Value,
        Version = statistics.Model.Version.ToString(),
        LastInference = (ulong)(statistics.LastInference?.ToUnixTimeMilliseconds() ?? 0),
        InferenceCount = (ulong)statistics.InferenceCount,
        ExecutionCount = (ulong)statistics.ExecutionCount,
        InferenceStats = new()
        {
            Success = Of(statistics.Success),
            Fail = Of(statistics.Fail),
            Queue = Of(statistics.Queue),
            ComputeInput = Of(statistics.ComputeInput),
            ComputeInfer = Of(statistics.ComputeInfer),
            ComputeOutput = Of(statistics.ComputeOutput),

            // Responses are not cached, so both stay 0; clients expect the fields.
            CacheHit = new(),
            CacheMiss = new(),
        },
        BatchStats = { statistics.Batches.Select(Of) },
        MemoryUsage =
        {
            statistics.MemoryBytes > 0 ? [new Proto.MemoryUsage { Type = "CPU", ByteSize = (ulong)statistics.MemoryBytes }] : [],
        },
    };

    private static Proto.InferBatchStatistics Of(BatchStatistic batch) => new()
    {
        BatchSize = (ulong)batch.BatchSize,
        ComputeInput = Of(batch.ComputeInput),
        ComputeInfer = Of(batch.ComputeInfer),
        ComputeOutput = Of(batch.ComputeOutput),
    };

    private static Proto.StatisticDuration Of(DurationStatistic duration) =>
        new() { Count = (ulong)duration.Count, Ns = (ulong)duration.TotalNanoseconds };

    private static Proto.ModelMetadataResponse.Types.TensorMetadata Of(TensorSpec spec) =>
        new() { Name = spec.Name, Datatype = spec.Type.WireName(), Shape = { spec.Shape } };
}
