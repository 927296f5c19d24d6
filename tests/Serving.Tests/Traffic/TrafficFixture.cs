using Krewe.Abstractions;
using Krewe.Rollouts;
using Microsoft.Extensions.Logging;

namespace Krewe.Serving.Tests;

/// <summary>
/// A process that serves and decides about its traffic, with a clock for the decisions that stands still until it is told to go on; what is served
/// and run has the real one.
/// </summary>
internal sealed class TrafficFixture : IAsyncDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("krewe-traffic-").FullName;
    private readonly ILoggerFactory loggers;
    private readonly RollbackCounter rollbacks = new();
    private StateOwner? owner;
    private TrafficLedger? ledger;
    private RolloutConductor? conductor;

    public TrafficFixture() => loggers = LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(Log));

    public static ModelName Model { get; } = ModelName.Parse("m");

    public static ChangeAuthor Somebody => new("somebody", "a test", TimeProvider.System.GetUtcNow());

    public ServingFixture Serving { get; } = new();

    /// <summary>What the deciding part logs.</summary>
    public ErrorLog Log { get; } = new();

    public ManualTime Time { get; } = new();

    /// <summary>Whose folder of state this one uses as well.</summary>
    public TrafficFixture? StateOf { get; init; }

    /// <summary>True where the test looks at the errors in the log itself.</summary>
    public bool ExpectsErrors { get; init; }

    public string State => StateOf?.State ?? Path.Combine(root, "state");

    public string DecisionsFile => Path.Combine(State, "traffic", $"{Model}.json");

    public IModelHost Host => Serving.Host;

    public TrafficLedger Ledger => ledger ?? throw new InvalidOperationException("not started");

    public RolloutConductor Conductor => conductor ?? throw new InvalidOperationException("not started");

    public LocalRolloutControl Control => new(
        Ledger, Conductor, Serving.Get<ServedModels>(), Serving.Get<VersionLoader>(), Serving.Get<MemoryBudget>(), Time);

    public TrafficGuard Guard => new(Ledger, Serving.Get<ServedModels>(), Serving.Get<VersionLoader>(), Time);

    public Rollout Rollout => Ledger.Read(Model).Rollout!;

    public TrafficMetrics Metrics => new(Ledger, Serving.Get<LocalRouting>().Meter, rollbacks);

    public TallyBook Tallies => Serving.Get<LocalRouting>().Tallies;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Versions 1 to a number of them, and a process that serves them.</summary>
    public async Task<TrafficFixture> StartAsync(int versions, Action<ServingOptions>? configure = null)
    {
        for (var version = 1; version <= versions; version++)
        {
            Serving.Add("m", version, VersionedModel.Of(version));
        }

        await Serving.StartAsync(configure);
        await OpenAsync();
        return this;
    }

    /// <summary>What a process does at its start that finds what another has stored.</summary>
    public async Task OpenAsync()
    {
        owner?.Dispose();
        Tallies.Forget(static _ => false);
        owner = new StateOwner(State);
        var models = Serving.Get<ServedModels>();
        ledger = new TrafficLedger(
            new TrafficStore(State, owner, loggers.CreateLogger<TrafficStore>()), new TrafficPublication(models, Serving.Get<MemoryBudget>()),
            Tallies, rollbacks, loggers.CreateLogger<TrafficLedger>());
        conductor = new RolloutConductor(
            ledger, new RolloutWarmUp(models, Serving.Get<VersionLoader>(), TimeProvider.System), models, Time,
            loggers.CreateLogger<RolloutConductor>());
        await ledger.OpenAsync();
    }

    /// <summary>What the system does when a process ends.</summary>
    public void LetGo() => owner?.Dispose();

    public ValueTask<RolloutStatus> StartRolloutAsync(RolloutPlan plan) => Control.StartRolloutAsync(Model, plan, Somebody, Token);

    public ValueTask SetAliasAsync(string alias, long version) => Control.SetAliasAsync(Model, alias, new ModelVersion(version), Somebody, Token);

    public ValueTask<RolloutStatus> CommandAsync(RolloutCommand command) => Control.CommandAsync(Model, command, Somebody, Token);

    /// <summary>Turns of the conductor, without the clock going on, until the rollout is in a phase.</summary>
    public async Task UntilAsync(RolloutPhase phase)
    {
        while (Rollout.Phase != phase)
        {
            await Conductor.TurnAsync();
            await Task.Delay(5, Token);
        }
    }

    /// <summary>The clock goes on, and the conductor has a turn.</summary>
    public async Task PassAsync(TimeSpan time)
    {
        Time.Advance(time);
        await Conductor.TurnAsync();
    }

    /// <summary>One call; the version that answered, which its answer shows too.</summary>
    public async Task<long> CallAsync(string? version = null, string? key = null)
    {
        using var request = new InferenceRequest
        {
            Model = ModelReference.Parse("m", version), Inputs = [Tensors.Floats("x", [1, 1], 0)], RouteKey = key,
        };
        using var answer = await Host.InferAsync(request, Token);
        Assert.Equal(answer.Model.Version.Number, answer.Outputs[0].ToFloats()[0]);
        return answer.Model.Version.Number;
    }

    public static async Task<KreweException> FailAsync(KreweErrorCode code, Func<Task> call)
    {
        var error = await Assert.ThrowsAsync<KreweException>(call);
        Assert.Equal(code, error.Code);
        return error;
    }

    public async ValueTask DisposeAsync()
    {
        conductor?.Dispose();
        ledger?.Dispose();
        owner?.Dispose();
        loggers.Dispose();
        await Serving.DisposeAsync();
        Directory.Delete(root, recursive: true);
        Assert.True(ExpectsErrors || !Log.Errors.Any(), string.Join('\n', Log.Errors));
    }
}
