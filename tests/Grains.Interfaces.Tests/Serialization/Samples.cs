using System.Collections.Immutable;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Publishing;
using Krewe.Abstractions.Tensors;
using Krewe.Grains.Interfaces.Models;
using Krewe.Grains.Interfaces.Nodes;
using Krewe.Grains.Interfaces.Publishing;
using Krewe.Grains.Interfaces.Replicas;
using Krewe.Grains.Interfaces.Serialization.Messages;
using Krewe.Grains.Interfaces.Versions;
using Krewe.Rollouts.Counts;
using Krewe.Rollouts.Deciding;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.Routes;
using Krewe.Rollouts.States;

namespace Krewe.Grains.Interfaces.Tests.Serialization;

/// <summary>One fixed value of every type that travels between nodes.</summary>
internal static class Samples
{
    private static readonly ModelId Model = new(ModelName.Parse("digits"), new ModelVersion(3));
    private static readonly TensorSpec Spec = new("image", TensorType.Float32, [-1, 28, 28]) { AnyRank = true };
    private static readonly DurationStatistic Duration = new(7, 1_234_567_890);
    private static readonly BatchStatistic Batch = new(8, Duration, new(1, 2), default);
    private static readonly ModelRoute Route = new()
    {
        Model = "digits",
        Epoch = 4,
        Unloaded = [1, 2],
        Quarantined = ImmutableDictionary<long, string>.Empty.Add(3, "took two silos down"),
        Traffic = TrafficRoute.Of(Traffic),
        Held = [2, 3],
        Closed = [1],
        Refused = [new RefusedInput(2, "3f", Author.At)],
    };

    private static ModelTraffic Traffic => RolloutMachine.Warmed(
        RolloutMachine.Start(AliasChanges.Retire(ModelTraffic.None, new ModelVersion(1), Author), Plan, new ModelVersion(2), "r1", Author), Author.At);

    private static RolloutPlan Plan => new()
    {
        Strategy = RolloutStrategy.Canary,
        Version = Model.Version,
        Steps = [new RolloutStep { Canary = new Share(50_000), Shadow = Share.All }],
    };

    private static ChangeAuthor Author => new("anna", "newer data", new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));

    private static RolloutCounts Counts => new("r1", RolloutCounts.None.Steps.Add(0, StepCounts.Empty with { Canary = new ArmCounts(3, 1, LatencyHistogram.Empty) }));

    private static readonly CatalogEntry Entry = new()
    {
        Name = Model.Name,
        Version = Model.Version,
        EstimatedBytes = 1 << 20,
        RequiredProvider = ExecutionProvider.Cuda,
        PreferredProvider = ExecutionProvider.TensorRt,
        Replicas = new ReplicaRange(1, 4),
        Error = "none",
        Artifact = "120,99",
    };

    public static ModelVersionStatus Status { get; } = new(Model.Name, Model.Version, VersionState.Failed, "no such operator");

    public static NodeReport Report { get; } = new()
    {
        Silo = "S127.0.0.1:11111:5",
        Name = "silo-1",
        IsDraining = true,
        BudgetBytes = 1L << 33,
        UsedBytes = 1L << 32,
        QueueDepth = 17,
        Providers = [ExecutionProvider.Cpu, ExecutionProvider.Cuda],
        Labels = ImmutableDictionary<string, string>.Empty.Add("zone", "a"),
        CatalogSequence = 5,
        Catalog = [Entry],
        ResidentSequence = 6,
        Sessions = [Model],
        Replicas = [new ReplicaId(Model, 1)],
        NotReady = "the disk is away",
    };

    /// <summary>All of them; replies can be written once, so each reading makes new ones.</summary>
    public static IReadOnlyList<object> All =>
    [
        Request, Reply, Model.Name, Model.Version, Model, VersionSelector.Parse("stable"), VersionSelector.Of(Model.Version),
        ModelReference.Parse("digits", "3"), Spec, Status, Metadata, Configuration, Duration, Batch, Statistics,
        new KreweException(KreweErrorCode.Overloaded, "the queue is full") { RetryAfter = TimeSpan.FromSeconds(1) },
        new ReplicaId(Model, 1), Route, new RoutingTable(9, ImmutableDictionary<string, ModelRoute>.Empty.Add("digits", Route)), Entry,
        new NodeReportRequest(5, 6), Report, new LoadIntent("S127.0.0.1:11111:5", "silo-1", "120,99", Process: "a1"), new LoadVerdict(true, true, "why"),
        new ReplicaPlan(3), new ReplicaRange(1, 4), new ReplicaReport(1, "S127.0.0.1:11111:5", 2.5, 100, new ReplicaRange(1, 4)),
        new ReplyLostException("sent before"),
        Plan, Author, new RolloutOrder(RolloutCommand.Promote, Author), new TrafficReading(Traffic, Counts, 4, Author.At), new CallReport("gateway-1", 7, Counts),
        new RouteSubscriber("S127.0.0.1:11111:5", true, 9), Route.Traffic!, Traffic, Counts,
        new RepositoryDescription { Id = "5f0c", Obstacle = "it may only be read" }, Start, new UploadTicket { Token = "77", PublishedAt = Published },
        File, new UploadContent { SizeBytes = 9, Sha256 = Digest, Files = [File], Exists = true, Inputs = [Spec], Outputs = [Spec] },
        new RouteNews(8, 9, Route),
    ];

    private static string Digest => new('a', 64);

    private static DateTimeOffset Published => new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private static UploadedFile File => new("model.onnx", 9, Digest);

    private static UploadStart Start => new() { Version = Model, Format = (int)ArtifactFormat.Zip, Length = 9, MaxBytes = 1L << 34, Sha256 = Digest };

    private static InferenceRequest Request => new()
    {
        Model = ModelReference.Parse("digits", "3"),
        Id = "42",
        Inputs = [Tensors.Floats("x", 1, 2.5f), Tensors.Strings("s", "é")],
        RequestedOutputs = ["y"],
        Timeout = TimeSpan.FromSeconds(1),
    };

    private static ReplicaReply Reply => new()
    {
        Silo = "S127.0.0.1:11111:5",
        Replicas = 2,
        Response = new InferenceResponse { Model = Model, Id = "42", Outputs = [Tensors.Floats("y", 0.25f)] },
        Fault = new ReplicaFault(KreweErrorCode.Unavailable, "draining", TimeSpan.FromSeconds(1), true),
    };

    private static ModelMetadata Metadata => new(Model, [new ModelVersion(2), Model.Version], ModelMetadata.OnnxPlatform, [Spec], [Spec]);

    private static ModelConfiguration Configuration => new()
    {
        Model = Model,
        Inputs = [Spec],
        Outputs = [Spec],
        MaxBatchSize = 32,
        BatchingDisabledReason = "rows depend on each other",
        MaxQueueDelay = TimeSpan.FromMilliseconds(2),
        MaxQueueLength = 256,
        VersionPolicy = "latest 2",
        SpecificVersions = [1, 3],
        LatestVersions = 2,
        ExecutionProvider = ExecutionProvider.Cuda,
        ExecutionProviderRequired = true,
        ActiveExecutionProvider = ExecutionProvider.Cpu,
        IdleTime = TimeSpan.FromMinutes(5),
        RunTimeout = TimeSpan.FromSeconds(30),
        IsIsolated = true,
        IsolationReason = "it divides integers",
        LastCrash = "a process ended",
        WarmUp = true,
        Threads = 2,
    };

    private static ModelStatistics Statistics => new()
    {
        Model = Model,
        LastInference = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
        InferenceCount = 10,
        ExecutionCount = 5,
        Success = Duration,
        Fail = new(1, 2),
        Queue = new(3, 4),
        ComputeInput = new(5, 6),
        ComputeInfer = new(7, 8),
        ComputeOutput = new(9, 10),
        Batches = [Batch],
        MemoryBytes = 4096,
    };
}
