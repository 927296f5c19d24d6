using System.Globalization;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Tensors;
using Krewe.Api.Endpoints;
using Proto = Inference;

namespace Krewe.Api.Grpc.Services;

/// <summary>A version's settings as Triton's model configuration; settings that Triton does not have are parameters named krewe.</summary>
internal static class ModelConfigMessage
{
    public static Proto.ModelConfig Of(ModelConfiguration configuration)
    {
        // As in Triton, a batched model omits the batch dimension.
        var skipped = configuration.MaxBatchSize > 0 ? 1 : 0;
        var message = new Proto.ModelConfig
        {
            Name = configuration.Model.Name.Value,
            Platform = ModelMetadata.OnnxPlatform,
            Backend = "onnxruntime",
            VersionPolicy = PolicyOf(configuration),
            MaxBatchSize = configuration.MaxBatchSize,
            DynamicBatching = new()
            {
                MaxQueueDelayMicroseconds = (ulong)configuration.MaxQueueDelay.TotalMicroseconds,
                DefaultQueuePolicy = new() { MaxQueueSize = (uint)configuration.MaxQueueLength },
            },
            InstanceGroup = { new Proto.ModelInstanceGroup { Count = 1, Kind = KindOf(configuration) } },
        };
        message.Input.AddRange(configuration.Inputs.Select(spec => new Proto.ModelInput
        {
            Name = spec.Name, DataType = TypeOf(spec.Type), Dims = { spec.Shape.Skip(skipped) },
        }));
        message.Output.AddRange(configuration.Outputs.Select(spec => new Proto.ModelOutput
        {
            Name = spec.Name, DataType = TypeOf(spec.Type), Dims = { spec.Shape.Skip(skipped) },
        }));
        AddOwn(message, configuration);
        return message;
    }

    private static Proto.ModelVersionPolicy PolicyOf(ModelConfiguration configuration) => configuration switch
    {
        { LatestVersions: { } latest } => new() { Latest = new() { NumVersions = (uint)latest } },
        { SpecificVersions.IsDefaultOrEmpty: false } => new() { Specific = new() { Versions = { configuration.SpecificVersions } } },
        _ => new() { All = new() },
    };

    private static Proto.ModelInstanceGroup.Types.Kind KindOf(ModelConfiguration configuration) =>
        (configuration.ActiveExecutionProvider ?? configuration.ExecutionProvider) switch
        {
            null => Proto.ModelInstanceGroup.Types.Kind.Auto,
            ExecutionProvider.Cpu => Proto.ModelInstanceGroup.Types.Kind.Cpu,
            _ => Proto.ModelInstanceGroup.Types.Kind.Gpu,
        };

    private static Proto.DataType TypeOf(TensorType type) => type switch
    {
        TensorType.Bool => Proto.DataType.TypeBool,
        TensorType.UInt8 => Proto.DataType.TypeUint8,
        TensorType.UInt16 => Proto.DataType.TypeUint16,
        TensorType.UInt32 => Proto.DataType.TypeUint32,
        TensorType.UInt64 => Proto.DataType.TypeUint64,
        TensorType.Int8 => Proto.DataType.TypeInt8,
        TensorType.Int16 => Proto.DataType.TypeInt16,
        TensorType.Int32 => Proto.DataType.TypeInt32,
        TensorType.Int64 => Proto.DataType.TypeInt64,
        TensorType.Float16 => Proto.DataType.TypeFp16,
        TensorType.BFloat16 => Proto.DataType.TypeBf16,
        TensorType.Float32 => Proto.DataType.TypeFp32,
        TensorType.Float64 => Proto.DataType.TypeFp64,
        _ => Proto.DataType.TypeString,
    };

    private static void AddOwn(Proto.ModelConfig message, ModelConfiguration configuration)
    {
        Add("version", configuration.Model.Version.ToString());
        Add("version_policy", configuration.VersionPolicy);
        Add("batching_disabled_reason", configuration.BatchingDisabledReason);
        Add("execution_provider", ConfigurationJson.NameOf(configuration.ExecutionProvider) ?? "auto");
        Add("execution_provider_required", configuration.ExecutionProviderRequired ? "true" : "false");
        Add("active_execution_provider", ConfigurationJson.NameOf(configuration.ActiveExecutionProvider));
        Add("idle_seconds", configuration.IdleTime?.TotalSeconds.ToString(CultureInfo.InvariantCulture));
        Add("run_timeout_seconds", configuration.RunTimeout?.TotalSeconds.ToString(CultureInfo.InvariantCulture));
        Add("isolation", configuration.IsIsolated ? "process" : "none");
        Add("isolation_reason", configuration.IsolationReason);
        Add("last_crash", configuration.LastCrash);
        Add("warm_up", configuration.WarmUp ? "true" : "false");
        Add("threads", configuration.Threads.ToString(CultureInfo.InvariantCulture));

        void Add(string name, string? value)
        {
            if (value is not null)
            {
                message.Parameters.Add($"krewe.{name}", new Proto.ModelParameter { StringValue = value });
            }
        }
    }
}
