using System.Collections.Concurrent;
using System.Collections.Immutable;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;
using Krewe.Serving.Admission;
using Krewe.Serving.Node;
using Krewe.Serving.Versions;

namespace Krewe.Grains.Tests.Cluster;

/// <summary>What serves models on a silo, without models: answers are made up, loads and queues are as the test wants them.</summary>
internal sealed class FakeNode : IServingNode, IModelHost
{
    private readonly ConcurrentDictionary<ModelId, CatalogEntry> catalog = new();
    private readonly ConcurrentDictionary<ModelId, byte> sessions = new();
    private readonly ConcurrentDictionary<ModelId, Task> loading = new();
    private readonly ConcurrentDictionary<ModelId, int> queues = new();
    private long sequence;

    /// <summary>Set by the cluster; null lets every load begin.</summary>
    public Func<ILoadGate>? Gate { get; set; }

    /// <summary>What a load does, within the gate.</summary>
    public Func<ModelId, Task> OnLoad { get; set; } = _ => Task.CompletedTask;

    /// <summary>What an inference does once the version is loaded.</summary>
    public Func<InferenceRequest, CancellationToken, Task<InferenceResponse>> OnInfer { get; set; } = (request, _) => Task.FromResult(Echo(request));

    public ConcurrentQueue<string> Events { get; } = new();

    public IModelHost Host => this;

    public string Settling => "";

    public long CatalogSequence => Volatile.Read(ref sequence);

    public ImmutableArray<ExecutionProvider> Providers => [ExecutionProvider.Cpu];

    public ConcurrentDictionary<string, IReadOnlyDictionary<long, VersionExclusion>> Excluded { get; } = new();

    public long UsedBytes { get; set; }

    public event Action<ModelId>? SessionLoaded;

    public event Action<ModelId>? SessionFreed;

    public static InferenceResponse Echo(InferenceRequest request) => new()
    {
        Model = new ModelId(request.Model.Name, request.Model.Version.Number!.Value),
        Id = request.Id,
        Outputs = [.. request.Inputs.Select(input => Tensor.Create(input.Name, input.Type, input.Shape, input.Data.ToArray()))],
    };

    public void Add(string model, int min = 0, int max = 8, string artifact = "a", long bytes = 1 << 20, long version = 1)
    {
        var id = new ModelId(ModelName.Parse(model), new ModelVersion(version));
        catalog[id] = new CatalogEntry
        {
            Name = id.Name, Version = id.Version, EstimatedBytes = bytes, Artifact = artifact, Replicas = new ReplicaRange(min, max),
        };
        Interlocked.Increment(ref sequence);
    }

    public static ModelId Id(string model) => new(ModelName.Parse(model), new ModelVersion(1));

    public void SetQueue(string model, int depth) => queues[Id(model)] = depth;

    public void Free(string model)
    {
        if (sessions.TryRemove(Id(model), out _))
        {
            Events.Enqueue($"freed {model}");
            SessionFreed?.Invoke(Id(model));
        }
    }

    public bool IsLoaded(string model, long version = 1) => sessions.ContainsKey(new ModelId(ModelName.Parse(model), new ModelVersion(version)));

    public ImmutableArray<CatalogEntry> ReadCatalog() => [.. catalog.Values.OrderBy(entry => entry.Name)];

    public CatalogEntry? Find(ModelId model) => catalog.GetValueOrDefault(model);

    public NodeCapacity ReadCapacity() => new(1L << 30, UsedBytes, sessions.Count, queues.Values.Sum());

    public ImmutableArray<ModelId> ReadSessions() => [.. sessions.Keys];

    public int QueueDepth(ModelId model) => queues.GetValueOrDefault(model);

    public ValueTask ReleaseAsync(ModelId model, CancellationToken cancellationToken)
    {
        Free(model.Name.ToString());
        return ValueTask.CompletedTask;
    }

    /// <summary>What the draining of what is taken out waits for.</summary>
    public Task Draining { get; set; } = Task.CompletedTask;

    public async ValueTask ExcludeAsync(
        ModelName model, IReadOnlyDictionary<long, VersionExclusion> versions, CancellationToken cancellationToken)
    {
        Excluded[model.ToString()] = versions;
        await Draining.WaitAsync(cancellationToken);
    }

    /// <summary>Inputs that it was told to refuse.</summary>
    public ConcurrentQueue<(ModelId Model, string Inputs)> Refused { get; } = new();

    public void Refuse(ModelId model, string inputs, DateTimeOffset at) => Refused.Enqueue((model, inputs));

    public ConcurrentDictionary<string, IReadOnlyCollection<ModelVersion>> Held { get; } = new();

    public ValueTask HoldAsync(ModelName model, IReadOnlyCollection<ModelVersion> versions)
    {
        Held[model.ToString()] = versions;
        return ValueTask.CompletedTask;
    }

    public ValueTask<HostReadiness> GetReadinessAsync(CancellationToken cancellationToken) => new(HostReadiness.Ready);

    public ValueTask<InferenceResponse> InferAsync(InferenceRequest request, CancellationToken cancellationToken) => throw new NotSupportedException();

    public async ValueTask<InferenceResponse> InferAsync(InferenceCall call)
    {
        var (request, version) = (call.Request, call.Version!.Value);
        await LoadAsync(new ModelId(request.Model.Name, version));

        // Who looks at the request sees the version that answers it.
        using var named = request.Model.Version.Number is null
            ? request.Forward(new ModelReference(request.Model.Name, VersionSelector.Of(version)), request.Timeout)
            : null;
        try
        {
            return await OnInfer(named ?? request, call.Token);
        }
        catch (OperationCanceledException) when (call.Explain() is { } reason)
        {
            throw reason;
        }
    }

    public async ValueTask LoadAsync(ModelReference model, CancellationToken cancellationToken) =>
        await LoadAsync(new ModelId(model.Name, model.Version.Number!.Value));

    public ValueTask<IReadOnlyList<ModelVersionStatus>> ListAsync(CancellationToken cancellationToken) => new(
        [.. ReadCatalog().Select(entry => new ModelVersionStatus(entry.Name, entry.Version, VersionState.Absent, ""))]);

    public ValueTask<IReadOnlyList<ModelVersionStatus>> ListAsync(ModelName name, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<bool> IsReadyAsync(ModelReference model, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<ModelMetadata> GetMetadataAsync(ModelReference model, CancellationToken cancellationToken) =>
        throw UnknownModel.Error(model.Name);

    public ValueTask<ModelConfiguration> GetConfigurationAsync(ModelReference model, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask UnloadAsync(ModelReference model, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<ModelStatistics>> GetStatisticsAsync(ModelReference? model, CancellationToken cancellationToken) => new([]);

    private async Task LoadAsync(ModelId model)
    {
        while (!sessions.ContainsKey(model))
        {
            var mine = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var load = loading.GetOrAdd(model, mine.Task);
            if (load != mine.Task)
            {
                await load;
                continue;
            }

            try
            {
                await LoadNowAsync(model);
            }
            finally
            {
                loading.TryRemove(model, out _);
                mine.SetResult();
            }
        }
    }

    private async Task LoadNowAsync(ModelId model)
    {
        var entry = Find(model) ?? throw UnknownModel.Error(model.Name);
        await using var permit = Gate?.Invoke() is { } gate ? await gate.EnterAsync(model, entry.Artifact, CancellationToken.None) : null;
        await OnLoad(model);
        sessions.TryAdd(model, 0);
        Events.Enqueue($"loaded {model.Name}");
        SessionLoaded?.Invoke(model);
    }
}
