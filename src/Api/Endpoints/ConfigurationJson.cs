using System.Collections.Immutable;
using System.Text.Json;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Tensors;

namespace Krewe.Api.Endpoints;

/// <summary>
/// Writes a version's settings as the JSON of Triton's model configuration; settings that Triton does not have are under <c>krewe</c>.
/// </summary>
internal static class ConfigurationJson
{
    public static void Write(Utf8JsonWriter json, ModelConfiguration configuration)
    {
        json.WriteStartObject();
        json.WriteString("name", configuration.Model.Name.Value);
        json.WriteString("platform", ModelMetadata.OnnxPlatform);
        json.WriteString("backend", "onnxruntime");
        WriteVersionPolicy(json, configuration);
        json.WriteNumber("max_batch_size", configuration.MaxBatchSize);

        // As in Triton, a batched model omits the batch dimension.
        var skipped = configuration.MaxBatchSize > 0 ? 1 : 0;
        WriteTensors(json, "input", configuration.Inputs, skipped);
        WriteTensors(json, "output", configuration.Outputs, skipped);
        WriteBatching(json, configuration);
        WriteInstanceGroup(json, configuration);
        WriteOwn(json, configuration);
        json.WriteEndObject();
    }

    /// <summary>The name of an execution provider in settings; null for none.</summary>
    public static string? NameOf(ExecutionProvider? provider) => provider switch
    {
        ExecutionProvider.Cpu => "cpu",
        ExecutionProvider.Cuda => "cuda",
        ExecutionProvider.TensorRt => "tensorrt",
        _ => null,
    };

    private static void WriteVersionPolicy(Utf8JsonWriter json, ModelConfiguration configuration)
    {
        json.WriteStartObject("version_policy");
        if (configuration.LatestVersions is { } latest)
        {
            json.WriteStartObject("latest");
            json.WriteNumber("num_versions", latest);
            json.WriteEndObject();
        }
        else if (!configuration.SpecificVersions.IsDefaultOrEmpty)
        {
            json.WriteStartObject("specific");
            WriteNumbers(json, "versions", configuration.SpecificVersions.AsSpan());
            json.WriteEndObject();
        }
        else
        {
            json.WriteStartObject("all");
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteTensors(Utf8JsonWriter json, string name, ImmutableArray<TensorSpec> specs, int skipped)
    {
        json.WriteStartArray(name);
        foreach (var spec in specs)
        {
            json.WriteStartObject();
            json.WriteString("name", spec.Name);
            json.WriteString("data_type", spec.Type == TensorType.Bytes ? "TYPE_STRING" : "TYPE_" + spec.Type.WireName());
            WriteNumbers(json, "dims", spec.Shape.AsSpan()[Math.Min(skipped, spec.Shape.Length)..]);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteBatching(Utf8JsonWriter json, ModelConfiguration configuration)
    {
        json.WriteStartObject("dynamic_batching");
        json.WriteNumber("max_queue_delay_microseconds", (long)configuration.MaxQueueDelay.TotalMicroseconds);
        json.WriteStartObject("default_queue_policy");
        json.WriteNumber("max_queue_size", configuration.MaxQueueLength);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteInstanceGroup(Utf8JsonWriter json, ModelConfiguration configuration)
    {
        json.WriteStartArray("instance_group");
        json.WriteStartObject();
        json.WriteNumber("count", 1);
        json.WriteString("kind", (configuration.ActiveExecutionProvider ?? configuration.ExecutionProvider) switch
        {
            null => "KIND_AUTO",
            ExecutionProvider.Cpu => "KIND_CPU",
            _ => "KIND_GPU",
        });
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private static void WriteOwn(Utf8JsonWriter json, ModelConfiguration configuration)
    {
        json.WriteStartObject("krewe");
        json.WriteString("version", configuration.Model.Version.ToString());
        json.WriteString("version_policy", configuration.VersionPolicy);
        json.WriteString("batching_disabled_reason", configuration.BatchingDisabledReason);
        json.WriteString("execution_provider", NameOf(configuration.ExecutionProvider) ?? "auto");
        json.WriteBoolean("execution_provider_required", configuration.ExecutionProviderRequired);
        json.WriteString("active_execution_provider", NameOf(configuration.ActiveExecutionProvider));
        WriteSeconds("idle_seconds", configuration.IdleTime);
        WriteSeconds("run_timeout_seconds", configuration.RunTimeout);
        json.WriteString("isolation", configuration.IsIsolated ? "process" : "none");
        json.WriteString("isolation_reason", configuration.IsolationReason);
        json.WriteString("last_crash", configuration.LastCrash);
        json.WriteBoolean("warm_up", configuration.WarmUp);
        json.WriteNumber("threads", configuration.Threads);
        json.WriteEndObject();

        void WriteSeconds(string name, TimeSpan? time)
        {
            if (time is { } limit)
            {
                json.WriteNumber(name, limit.TotalSeconds);
            }
            else
            {
                json.WriteNull(name);
            }
        }
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, ReadOnlySpan<long> numbers)
    {
        json.WriteStartArray(name);
        foreach (var number in numbers)
        {
            json.WriteNumberValue(number);
        }

        json.WriteEndArray();
    }
}
