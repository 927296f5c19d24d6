using System.Collections.Immutable;
using System.Globalization;
using Krewe.Grains.Interfaces.Versions;

namespace Krewe.Grains.Versions;

/// <summary>
/// The stored record of a version's loads: which are open, and which crashed their process. An open load of a dead silo is a crash, unless
/// it is known that the load did not run, and makes the version a suspect alone if something else may have been the cause. Immutable; every
/// change is a pure function.
/// </summary>
[GenerateSerializer, Immutable, Alias("krewe.load-record")]
internal sealed record LoadRecord
{
    /// <summary>The number of crashes that quarantines a version.</summary>
    public const int DeathsToQuarantine = 2;

    /// <summary>Older crashes do not count: machines fail for other reasons too.</summary>
    public static readonly TimeSpan DeathRetention = TimeSpan.FromHours(24);

    /// <summary>A record without loads.</summary>
    public static LoadRecord Empty { get; } = new();

    /// <summary>Loads without a recorded end.</summary>
    [Id(0), JsonPropertyName("open")]
    public ImmutableArray<OpenLoad> Open { get; init; } = [];

    /// <summary>Processes that ended during a load, oldest first.</summary>
    [Id(1), JsonPropertyName("deaths")]
    public ImmutableArray<LoadDeath> Deaths { get; init; } = [];

    /// <summary>
    /// The artifact's fingerprint by silo name. Copies of a file differ in their times, so the artifact counts as changed only if a silo's
    /// own fingerprint changes.
    /// </summary>
    [Id(2), JsonPropertyName("artifacts")]
    public ImmutableDictionary<string, string> Artifacts { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>True if the version must not be loaded.</summary>
    public bool IsQuarantined => Deaths.Count(static death => death.Beside is null) >= DeathsToQuarantine;

    /// <summary>Why it must not be loaded, for operators.</summary>
    public string Reason => !IsQuarantined
        ? string.Join(" and ", Deaths.Select(static death => $"its load may have ended the process of {Describe(death)}"))
        : "loading it ended the process of "
            + $"{string.Join(" and of ", Deaths.Where(static death => death.Beside is null).Select(Describe))}; "
            + "POST .../quarantine/clear allows it again";

    /// <summary>Begins a load.</summary>
    /// <param name="intent">Its intent.</param>
    /// <param name="isAlive">Whether a silo, named by its address with the generation, is alive.</param>
    /// <param name="now">The time.</param>
    /// <param name="findEvidence">Whether an open load may have ended its process; null if nothing is known.</param>
    public (LoadRecord Record, LoadVerdict Verdict) Begin(
        LoadIntent intent, Func<string, bool> isAlive, DateTimeOffset now, Func<OpenLoad, LoadEvidence>? findEvidence = null)
    {
        var known = ForArtifact(intent).WithCrashes(intent.Silo, isAlive, findEvidence ?? (static _ => LoadEvidence.None), now);
        if (known.IsQuarantined)
        {
            return (known, new LoadVerdict(false, true, known.Reason));
        }

        var isSuspect = !known.Deaths.IsEmpty;
        return (isSuspect && !intent.Alone ? known : known.Opened(intent), new LoadVerdict(true, isSuspect, ""));
    }

    /// <summary>Ends a load. The process lives, so earlier crashes on that silo are cleared.</summary>
    public LoadRecord End(LoadIntent intent) => Open.Any(open => open.Silo == intent.Silo)
        ? this with
        {
            Open = Open.RemoveAll(open => open.Silo == intent.Silo),
            Deaths = Deaths.RemoveAll(death => death.SiloName == intent.SiloName),
        }
        : this;

    /// <summary>Clears the quarantine for an operator; loads under way stay on record.</summary>
    public LoadRecord Clear(Func<string, bool> isAlive) => this with { Deaths = [], Open = Open.RemoveAll(open => !isAlive(open.Silo)) };

    private static string Describe(LoadDeath death) =>
        string.Create(CultureInfo.InvariantCulture, $"silo {death.SiloName} at {death.At.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC")
        + (death.Beside is null ? "" : $", as may have {death.Beside}");

    private LoadRecord ForArtifact(LoadIntent intent)
    {
        var before = Artifacts.GetValueOrDefault(intent.SiloName);
        return before == intent.Artifact ? this
            : before is null ? this with { Artifacts = Artifacts.Add(intent.SiloName, intent.Artifact) }
            : Empty with { Artifacts = ImmutableDictionary<string, string>.Empty.Add(intent.SiloName, intent.Artifact) };
    }

    /// <summary>
    /// Turns open loads of dead silos into crashes. The silo that asks is alive; an open load of its own has lost its end.
    /// </summary>
    private LoadRecord WithCrashes(
        string asking, Func<string, bool> isAlive, Func<OpenLoad, LoadEvidence> findEvidence, DateTimeOffset now)
    {
        var dead = Open.RemoveAll(open => open.Silo == asking || isAlive(open.Silo));
        var deaths = Deaths.RemoveAll(death => now - death.At > DeathRetention);
        return dead.IsEmpty && deaths.Length == Deaths.Length ? this : this with
        {
            Open = Open.RemoveRange(dead),
            Deaths = deaths.AddRange(
                from open in dead
                let evidence = findEvidence(open)
                where evidence.MayBeCause
                select new LoadDeath(open.SiloName, now, evidence.Others)),
        };
    }

    private LoadRecord Opened(LoadIntent intent)
    {
        var open = new OpenLoad(intent.Silo, intent.SiloName, intent.Process);
        return Open.Contains(open) ? this : this with { Open = Open.Add(open) };
    }
}

/// <summary>A process that ended while it loaded the version.</summary>
/// <param name="SiloName">The silo's name.</param>
/// <param name="At">When the crash was detected.</param>
/// <param name="Beside">What else may have ended it; then it does not count towards a quarantine. Null if nothing else.</param>
[GenerateSerializer, Immutable, Alias("krewe.load-death")]
internal sealed record LoadDeath(
    [property: Id(0), JsonPropertyName("siloName")] string SiloName,
    [property: Id(1), JsonPropertyName("at")] DateTimeOffset At,
    [property: Id(2), JsonPropertyName("beside")] string? Beside = null);

/// <summary>A load whose end is not recorded yet.</summary>
/// <param name="Silo">The silo's address with its generation.</param>
/// <param name="SiloName">The silo's name.</param>
/// <param name="Process">See <see cref="LoadIntent.Process"/>.</param>
[GenerateSerializer, Immutable, Alias("krewe.open-load")]
internal sealed record OpenLoad(
    [property: Id(0), JsonPropertyName("silo")] string Silo,
    [property: Id(1), JsonPropertyName("siloName")] string SiloName,
    [property: Id(2), JsonPropertyName("process")] string Process = "");
