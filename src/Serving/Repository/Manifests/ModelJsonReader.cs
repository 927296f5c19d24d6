using System.Collections.Immutable;
using System.Text.Json;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;

namespace Krewe.Serving.Repository.Manifests;

/// <summary>Reads a <c>model.json</c>; <c>schemas/model.schema.json</c> describes it for editors.</summary>
internal static class ModelJsonReader
{
    private static readonly JsonDocumentOptions Options =
        new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, MaxDepth = 16 };

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>All supported properties; <c>$schema</c> is for editors.</summary>
    public static ImmutableArray<string> KnownProperties { get; } =
    [
        "$schema", "maxBatchSize", "maxQueueDelayMicroseconds", "maxQueueLength", "versionPolicy", "executionProvider",
        "executionProviderRequired", "idleTimeSeconds", "runTimeoutSeconds", "isolation", "warmUp", "threads", "maxConcurrentRuns",
        "replicas",
    ];

    /// <summary>Reads the file's bytes; throws <see cref="ManifestException"/>.</summary>
    public static ManifestDraft Read(ReadOnlyMemory<byte> bytes)
    {
        var text = bytes.Span.StartsWith(ByteOrderMark) ? bytes[ByteOrderMark.Length..] : bytes;
        try
        {
            using var document = JsonDocument.Parse(text, Options);
            return Read(document.RootElement);
        }
        catch (JsonException exception)
        {
            throw new ManifestException(
                $"{ManifestFiles.Json}, line {exception.LineNumber + 1}, column {exception.BytePositionInLine + 1}: {Reason(exception)}");
        }
        catch (InvalidOperationException)
        {
            // Thrown by the JSON reader for a property name that is not valid UTF-8.
            throw new ManifestException($"{ManifestFiles.Json}: a text in it is not valid Unicode");
        }
    }

    private static string Reason(JsonException exception) => exception.Message.Split(" LineNumber:")[0];

    private static ManifestDraft Read(JsonElement root)
    {
        var json = JsonProperties.Of(root, "", KnownProperties);
        return new ManifestDraft
        {
            MaxBatchSize = json.Integer("maxBatchSize", 0, ManifestRanges.MaxBatchSize),
            MaxQueueDelay = json.Integer("maxQueueDelayMicroseconds", 0, ManifestRanges.MaxQueueDelayMicroseconds) is { } delay
                ? TimeSpan.FromMicroseconds(delay)
                : null,
            MaxQueueLength = json.Integer("maxQueueLength", 1, ManifestRanges.MaxQueueLength),
            VersionPolicy = json.Get("versionPolicy") is { } policy ? Policy(policy) : null,
            ExecutionProvider = json.Get("executionProvider") is { } provider ? Provider(provider) : null,
            ExecutionProviderRequired = json.Boolean("executionProviderRequired"),
            IdleTime = json.Number("idleTimeSeconds", 0, ManifestRanges.MaxIdleTimeSeconds) is { } idle ? OrNever(idle) : null,
            RunTimeout = json.Number("runTimeoutSeconds", 0, ManifestRanges.MaxRunTimeoutSeconds) is { } run ? OrNever(run) : null,
            Isolation = json.Get("isolation") is { } isolation ? Isolation(isolation) : null,
            WarmUp = json.Get("warmUp") is { } warmUp ? WarmUp(warmUp) : null,
            Threads = json.Integer("threads", 1, ManifestRanges.MaxThreads),
            MaxConcurrentRuns = json.Integer("maxConcurrentRuns", 1, ManifestRanges.MaxConcurrentRuns),
            Replicas = json.Get("replicas") is { } replicas ? Replicas(replicas) : null,
        };
    }

    private static TimeSpan OrNever(double seconds) => seconds == 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(seconds);

    private static VersionPolicy Policy(JsonElement value)
    {
        const string Expected = """ "all", {"latest": n} or {"specific": [version, ...]}""";
        if (value.ValueKind == JsonValueKind.String && value.ValueEquals("all"))
        {
            return VersionPolicy.All;
        }

        if (value.ValueKind != JsonValueKind.Object)
        {
            throw JsonProperties.Wrong("versionPolicy", value, Expected.TrimStart());
        }

        var policy = JsonProperties.Of(value, "versionPolicy", ["latest", "specific"]);
        return (policy.Integer("latest", 1, ManifestRanges.MaxLatest), policy.Get("specific")) switch
        {
            ({ } latest, null) => VersionPolicy.Latest(latest),
            (null, { } specific) => VersionPolicy.Specific(Versions(specific)),
            _ => throw JsonProperties.Wrong("versionPolicy", value, Expected.TrimStart()),
        };
    }

    private static ModelVersion[] Versions(JsonElement value)
    {
        const string Expected = "an array of positive whole numbers, at least one";
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() == 0)
        {
            throw JsonProperties.Wrong("versionPolicy.specific", value, Expected);
        }

        return [.. value.EnumerateArray().Select(Version)];

        static ModelVersion Version(JsonElement item) =>
            item.ValueKind == JsonValueKind.Number && item.TryGetInt64(out var number) && number > 0
                ? new ModelVersion(number)
                : throw JsonProperties.Wrong("versionPolicy.specific", item, Expected);
    }

    // "auto" lets the host choose, like an absent property.
    private static ExecutionProvider? Provider(JsonElement value) =>
        (value.ValueKind == JsonValueKind.String ? value.GetString() : null) switch
        {
            "auto" => null,
            "cpu" => ExecutionProvider.Cpu,
            "cuda" => ExecutionProvider.Cuda,
            "tensorrt" => ExecutionProvider.TensorRt,
            _ => throw JsonProperties.Wrong("executionProvider", value, """ "auto", "cpu", "cuda" or "tensorrt" """.Trim()),
        };

    private static IsolationMode Isolation(JsonElement value) => (value.ValueKind == JsonValueKind.String ? value.GetString() : null) switch
    {
        "auto" => IsolationMode.Auto,
        "process" => IsolationMode.Process,
        "none" => IsolationMode.None,
        _ => throw JsonProperties.Wrong("isolation", value, """ "auto", "process" or "none" """.Trim()),
    };

    private static WarmUpSettings WarmUp(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.True:
                return WarmUpSettings.Default;
            case JsonValueKind.False:
                return WarmUpSettings.Off;
            case JsonValueKind.Object:
                var warmUp = JsonProperties.Of(value, "warmUp", ["rows", "shapes"]);
                return new WarmUpSettings
                {
                    Rows = warmUp.Integer("rows", 1, ManifestRanges.MaxWarmUpRows) ?? 1,
                    Shapes = warmUp.Get("shapes") is { } shapes ? Shapes(shapes) : WarmUpSettings.Default.Shapes,
                };
            default:
                throw JsonProperties.Wrong("warmUp", value, """true, false or {"rows": n, "shapes": {"input": [dimension, ...]}}""");
        }
    }

    private static ImmutableSortedDictionary<string, ImmutableArray<long>> Shapes(JsonElement value)
    {
        var shapes = JsonProperties.Of(value, "warmUp.shapes");
        return shapes.Names.ToImmutableSortedDictionary(name => name, name => Shape(shapes, name), StringComparer.Ordinal);
    }

    private static ImmutableArray<long> Shape(JsonProperties shapes, string name)
    {
        var (path, value) = ($"warmUp.shapes.{ErrorText.Quote(name)}", shapes.Get(name)!.Value);
        return value.ValueKind == JsonValueKind.Array && value.GetArrayLength() <= ManifestRanges.MaxRank
            ? [.. value.EnumerateArray().Select(item => (long)JsonProperties.Integer(path, item, 0, int.MaxValue))]
            : throw JsonProperties.Wrong(path, value, $"an array of at most {ManifestRanges.MaxRank} dimensions");
    }

    private static ReplicaRange Replicas(JsonElement value)
    {
        var replicas = JsonProperties.Of(value, "replicas", ["min", "max"]);
        var min = replicas.Integer("min", 0, ManifestRanges.MaxReplicas) ?? 0;
        var max = replicas.Integer("max", 1, ManifestRanges.MaxReplicas) ?? Math.Max(1, min);
        return min <= max
            ? new ReplicaRange(min, max)
            : throw new ManifestException(
                $"{ManifestFiles.Json}: 'replicas.min' is {min}, 'replicas.max' {max}: expected min to be at most max");
    }
}
