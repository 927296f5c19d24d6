using System.Text.Json;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Api.Http;
using Microsoft.AspNetCore.Http;

namespace Krewe.Api.Endpoints;

/// <summary>The protocol's statistics extension: counters of all versions, of a model, or of a version.</summary>
internal sealed class StatisticsEndpoints(IModelHost host)
{
    public void Map(RouteTable routes)
    {
        routes.Get("/v2/models/stats", AllAsync);
        foreach (var model in RouteModel.Patterns)
        {
            routes.Get(model + "/stats", OneAsync);
        }
    }

    private Task AllAsync(HttpContext context) => AnswerAsync(context, null);

    private Task OneAsync(HttpContext context) => AnswerAsync(context, RouteModel.Read(context));

    private async Task AnswerAsync(HttpContext context, ModelReference? model)
    {
        var statistics = await host.GetStatisticsAsync(model, context.RequestAborted);
        await JsonAnswer.WriteAsync(context, statistics, static (json, statistics) =>
        {
            json.WriteStartObject();
            json.WriteStartArray("model_stats");
            foreach (var version in statistics)
            {
                WriteVersion(json, version);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private static void WriteVersion(Utf8JsonWriter json, ModelStatistics statistics)
    {
        json.WriteStartObject();
        json.WriteString("name", statistics.Model.Name.Value);
        json.WriteString("version", statistics.Model.Version.ToString());
        json.WriteNumber("last_inference", statistics.LastInference?.ToUnixTimeMilliseconds() ?? 0);
        json.WriteNumber("inference_count", statistics.InferenceCount);
        json.WriteNumber("execution_count", statistics.ExecutionCount);
        json.WriteStartObject("inference_stats");
        WriteDuration(json, "success", statistics.Success);
        WriteDuration(json, "fail", statistics.Fail);
        WriteDuration(json, "queue", statistics.Queue);
        WriteDuration(json, "compute_input", statistics.ComputeInput);
        WriteDuration(json, "compute_infer", statistics.ComputeInfer);
        WriteDuration(json, "compute_output", statistics.ComputeOutput);

        // Responses are not cached, so both stay 0; clients expect the fields.
        WriteDuration(json, "cache_hit", default);
        WriteDuration(json, "cache_miss", default);
        json.WriteEndObject();
        WriteBatches(json, statistics);
        WriteMemory(json, statistics);
        json.WriteEndObject();
    }

    private static void WriteBatches(Utf8JsonWriter json, ModelStatistics statistics)
    {
        json.WriteStartArray("batch_stats");
        foreach (var batch in statistics.Batches)
        {
            json.WriteStartObject();
            json.WriteNumber("batch_size", batch.BatchSize);
            WriteDuration(json, "compute_input", batch.ComputeInput);
            WriteDuration(json, "compute_infer", batch.ComputeInfer);
            WriteDuration(json, "compute_output", batch.ComputeOutput);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteMemory(Utf8JsonWriter json, ModelStatistics statistics)
    {
        json.WriteStartArray("memory_usage");
        if (statistics.MemoryBytes > 0)
        {
            json.WriteStartObject();
            json.WriteString("type", "CPU");
            json.WriteNumber("id", 0);
            json.WriteNumber("byte_size", statistics.MemoryBytes);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteDuration(Utf8JsonWriter json, string name, DurationStatistic duration)
    {
        json.WriteStartObject(name);
        json.WriteNumber("count", duration.Count);
        json.WriteNumber("ns", duration.TotalNanoseconds);
        json.WriteEndObject();
    }
}
