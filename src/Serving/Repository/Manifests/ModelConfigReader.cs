using System.Text;
using Krewe.Abstractions.Models;
using Krewe.Serving.Repository.TextFormat;

namespace Krewe.Serving.Repository.Manifests;

/// <summary>
/// Reads a <c>config.pbtxt</c> of Triton Inference Server
/// (https://github.com/triton-inference-server/common/blob/main/protobuf/model_config.proto).
/// One difference is deliberate: Triton batches only with a <c>dynamic_batching</c> block, this host whenever <c>max_batch_size</c> allows
/// it. Preferred batch sizes are accepted and ignored, because no request waits for them.
/// </summary>
internal static class ModelConfigReader
{
    private const string Platform = "onnxruntime_onnx";
    private const string Backend = "onnxruntime";
    private const int MaxFileName = 255;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads the file's bytes; throws <see cref="ManifestException"/>.</summary>
    public static ManifestDraft Read(ReadOnlySpan<byte> bytes, string modelName)
    {
        try
        {
            return Read(TextFormatParser.Parse(Utf8.GetString(bytes).TrimStart('\uFEFF')), modelName);
        }
        catch (TextFormatException exception)
        {
            throw new ManifestException($"{ManifestFiles.Pbtxt}, {exception.Message}");
        }
        catch (DecoderFallbackException)
        {
            throw new ManifestException($"{ManifestFiles.Pbtxt} is not UTF-8 text");
        }
    }

    private static ManifestDraft Read(TextFormatMessage message, string modelName)
    {
        var warnings = new List<(TextFormatPlace Place, string Text)>();
        var config = new ConfigFields(message, "", warnings);
        CheckOwner(config, modelName);
        RefuseOthers(config);
        var maxBatchSize = config.Integer("max_batch_size", 0, ManifestRanges.MaxBatchSize);
        var hasBatchDimension = maxBatchSize > 0;
        var (provider, count) = ConfigInstances.Read(config);
        var (delay, queueLength) = Batching(config, maxBatchSize ?? 0);
        var draft = new ManifestDraft
        {
            MaxBatchSize = maxBatchSize,
            MaxQueueDelay = delay,
            MaxQueueLength = queueLength,
            VersionPolicy = Policy(config),
            ExecutionProvider = provider,
            MaxConcurrentRuns = count,
            ModelFileName = FileName(config),
            WarmUp = ConfigWarmUp.Read(config),
            Inputs = [.. config.Messages("input").Select(input => ConfigTensors.Read(input, hasBatchDimension))],
            Outputs = [.. config.Messages("output").Select(output => ConfigTensors.Read(output, hasBatchDimension))],
        };
        config.WarnOfUnread();
        var inOrder = warnings.OrderBy(warning => (warning.Place.Line, warning.Place.Column));
        return draft with { Warnings = [.. inOrder.Select(warning => $"{ManifestFiles.Pbtxt}, {warning.Place}: {warning.Text}")] };
    }

    private static void CheckOwner(ConfigFields config, string modelName)
    {
        Expect("name", modelName, "the name of the model's folder");
        Expect("platform", Platform, "the only platform here");
        Expect("backend", Backend, "the only backend here");

        void Expect(string field, string expected, string why)
        {
            if (config.Text(field) is { Length: > 0 } found && found != expected)
            {
                throw config.Wrong(config.One(field)!, $"\"{expected}\", {why}");
            }
        }
    }

    /// <summary>Rejects fields without which callers would get other answers than from Triton; docs/triton.md lists all fields.</summary>
    private static void RefuseOthers(ConfigFields config)
    {
        config.Refuse(
            ("sequence_batching", "requests are stateless"),
            ("ensemble_scheduling", "ensembles are not supported; call the models one after the other"),
            ("batch_input", "the graph gets the inputs that callers send, and no others"),
            ("batch_output", "callers get the outputs that the graph has"),
            ("cc_model_filenames", "one file is served on every device; name it in 'default_model_filename'"),
            ("model_operations", "custom operators cannot be loaded; export the model with standard operators"),
            ("model_repository_agents", "files are served as they are; put the output of the agents into the repository"));
        if (config.Message("model_transaction_policy") is { } policy)
        {
            policy.RefuseTrue("decoupled", "a request has one answer");
            policy.WarnOfUnread();
        }
    }

    private static (TimeSpan? Delay, int? QueueLength) Batching(ConfigFields config, int maxBatchSize)
    {
        if (config.Message("dynamic_batching") is not { } batching)
        {
            return default;
        }

        foreach (var field in batching.All("preferred_batch_size"))
        {
            if (field.Value is not TextFormatScalar scalar || !TextFormatNumber.TryInt64(scalar.Text, out var size)
                || size < 1 || size > maxBatchSize)
            {
                throw batching.Wrong(field, $"a whole number from 1 to max_batch_size, which is {maxBatchSize}");
            }
        }

        var delay = batching.Integer("max_queue_delay_microseconds", 0, ManifestRanges.MaxQueueDelayMicroseconds);
        var policy = batching.Message("default_queue_policy");
        var length = policy?.Integer("max_queue_size", 0, int.MaxValue) ?? 0;
        policy?.WarnOfUnread();
        batching.WarnOfUnread();

        // In Triton, 0 means no limit.
        return (
            delay is { } microseconds ? TimeSpan.FromMicroseconds(microseconds) : null,
            length > 0 ? Math.Min(length, ManifestRanges.MaxQueueLength) : null);
    }

    private static VersionPolicy? Policy(ConfigFields config)
    {
        if (config.Message("version_policy") is not { } choice)
        {
            return null;
        }

        var (all, latest, specific) = (choice.Message("all"), choice.Message("latest"), choice.Message("specific"));
        var count = latest?.Integer("num_versions", 1, ManifestRanges.MaxLatest) ?? 1;
        var versions = specific?.Integers("versions", 1, long.MaxValue).Select(number => new ModelVersion(number)).ToArray() ?? [];
        latest?.WarnOfUnread();
        specific?.WarnOfUnread();
        choice.WarnOfUnread();
        return (all, latest, specific) switch
        {
            ({ }, null, null) => VersionPolicy.All,
            (null, { }, null) => VersionPolicy.Latest(count),
            (null, null, { }) when versions.Length > 0 => VersionPolicy.Specific(versions),
            _ => throw config.Wrong(
                config.One("version_policy")!, "one of all {}, latest { num_versions: n } and specific { versions: [...] }"),
        };
    }

    private static string? FileName(ConfigFields config)
    {
        if (config.Text("default_model_filename") is not { Length: > 0 } name)
        {
            return null;
        }

        var isPlain = name.Length <= MaxFileName && name is not ("." or "..") && !name.AsSpan().ContainsAny('/', '\\', '\0');
        return isPlain ? name : throw config.Wrong(config.One("default_model_filename")!, "the name of a file in the version's folder");
    }
}
