using System.Collections.Concurrent;
using System.Collections.Immutable;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;

namespace Krewe.Api.Tests.Fakes;

/// <summary>
/// A host whose models answer by giving their inputs back (copied, those asked for where outputs are asked for). A test can put
/// its own answer, statuses, statistics and metrics in.
/// </summary>
internal sealed class FakeModelHost : IModelHost
{
    private readonly ConcurrentDictionary<ModelName, ImmutableArray<TensorSpec>> models = new();

    /// <summary>What the last inference was asked; its tensors are gone by the time a test looks.</summary>
    public InferenceRequest? LastRequest { get; private set; }

    /// <summary>Replaces the echo.</summary>
    public Func<InferenceRequest, CancellationToken, ValueTask<InferenceResponse>>? Infer { get; set; }

    /// <summary>The index; by default every model once, version 1, absent.</summary>
    public List<ModelVersionStatus>? Statuses { get; set; }

    /// <summary>What aliases mean, for every model.</summary>
    public Dictionary<string, ModelVersion> Aliases { get; } = [];

    /// <summary>What is answered to readiness.</summary>
    public HostReadiness Readiness { get; set; } = HostReadiness.Ready;

    /// <summary>What is answered to statistics.</summary>
    public List<ModelStatistics> Statistics { get; } = [];

    /// <summary>Loads and unloads, in order, such as <c>load m/1</c>.</summary>
    public ConcurrentQueue<string> Operations { get; } = new();

    /// <summary>Thrown by <see cref="LoadAsync"/> and <see cref="UnloadAsync"/> where set.</summary>
    public Exception? OperationFailure { get; set; }

    /// <summary>Adds a model of version 1; its outputs have the specs of its inputs.</summary>
    public FakeModelHost Add(string name, params TensorSpec[] specs)
    {
        models[ModelName.Parse(name)] = [.. specs];
        return this;
    }

    public ValueTask<HostReadiness> GetReadinessAsync(CancellationToken cancellationToken) => new(Readiness);

    public async ValueTask<InferenceResponse> InferAsync(InferenceRequest request, CancellationToken cancellationToken)
    {
        Find(request.Model);
        LastRequest = request;
        return Infer is not null ? await Infer(request, cancellationToken) : Echo(request);
    }

    public ValueTask<IReadOnlyList<ModelVersionStatus>> ListAsync(CancellationToken cancellationToken) => new(AllStatuses());

    public ValueTask<IReadOnlyList<ModelVersionStatus>> ListAsync(ModelName name, CancellationToken cancellationToken)
    {
        Find(new ModelReference(name));
        return new([.. AllStatuses().Where(s => s.Name == name)]);
    }

    public ValueTask<bool> IsReadyAsync(ModelReference model, CancellationToken cancellationToken)
    {
        Find(model);
        return new(AllStatuses().Any(s => s.Name == model.Name && s.IsServable));
    }

    public ValueTask<ModelMetadata> GetMetadataAsync(ModelReference model, CancellationToken cancellationToken)
    {
        var specs = Find(model);
        return new(new ModelMetadata(IdOf(model), [new ModelVersion(1)], ModelMetadata.OnnxPlatform, specs, specs));
    }

    public ValueTask<ModelConfiguration> GetConfigurationAsync(ModelReference model, CancellationToken cancellationToken)
    {
        var specs = Find(model);
        return new(new ModelConfiguration
        {
            Model = IdOf(model),
            Inputs = specs,
            Outputs = specs,
            MaxBatchSize = 8,
            MaxQueueDelay = TimeSpan.FromMilliseconds(2),
            MaxQueueLength = 128,
            VersionPolicy = "all",
            ExecutionProvider = null,
            ExecutionProviderRequired = false,
            IdleTime = TimeSpan.FromMinutes(10),
            RunTimeout = TimeSpan.FromMinutes(1),
            IsIsolated = true,
            IsolationReason = "it divides integers",
            LastCrash = "a process ended",
            WarmUp = true,
            Threads = 1,
        });
    }

    public ValueTask LoadAsync(ModelReference model, CancellationToken cancellationToken) => Operate("load", model);

    public ValueTask UnloadAsync(ModelReference model, CancellationToken cancellationToken) => Operate("unload", model);

    public ValueTask<IReadOnlyList<ModelStatistics>> GetStatisticsAsync(ModelReference? model, CancellationToken cancellationToken)
    {
        if (model is { } one)
        {
            Find(one);
        }

        return new([.. Statistics.Where(s => model is null || s.Model.Name == model.Value.Name)]);
    }

    private InferenceResponse Echo(InferenceRequest request)
    {
        var chosen = request.RequestedOutputs.Count == 0
            ? request.Inputs
            : [.. request.RequestedOutputs.Select(name => request.Inputs.FirstOrDefault(i => i.Name == name)
                ?? throw KreweException.InvalidInput($"unknown output '{name}'"))];
        return new InferenceResponse
        {
            Model = IdOf(request.Model),
            Id = request.Id,
            Outputs = [.. chosen.Select(t => Tensor.Create(t.Name, t.Type, t.Shape, t.Data.ToArray()))],
        };
    }

    private ModelId IdOf(ModelReference model) => new(
        model.Name, model.Version.Number ?? (model.Version.Alias is { } alias ? Aliases[alias] : new ModelVersion(1)));

    private ValueTask Operate(string operation, ModelReference model)
    {
        Find(model);
        Operations.Enqueue($"{operation} {model}");
        return OperationFailure is null ? default : throw OperationFailure;
    }

    private List<ModelVersionStatus> AllStatuses() =>
        Statuses ?? [.. models.Keys.Order().Select(name => new ModelVersionStatus(name, new ModelVersion(1), VersionState.Absent, ""))];

    private ImmutableArray<TensorSpec> Find(ModelReference model)
    {
        if (!models.TryGetValue(model.Name, out var specs))
        {
            throw UnknownModel.Error(model.Name, models.Keys);
        }

        return model.Version is { IsRouted: true } or { Number.Number: 1 } || (model.Version.Alias is { } alias && Aliases.ContainsKey(alias)) || Statuses?.Any(s => s.Version == model.Version.Number) == true
            ? specs
            : throw UnknownModel.Error(model);
    }
}
