using System.Collections.Immutable;
using System.Globalization;
using Krewe.Grains.Interfaces.Versions;

namespace Krewe.Grains.Versions;

/// <summary>
/// What is known durably of a version's loads: which are open, and which took their process down. An open load of a silo that is not
/// alive is a death. Immutable; every change is a pure function.
/// </summary>
[GenerateSerializer, Immutable, Alias("krewe.load-record")]
internal sealed record LoadRecord
{
    /// <summary>After so many deaths the version is not loaded any more.</summary>
    public const int DeathsToQuarantine = 2;

    /// <summary>A death that is older says nothing: machines fail for other reasons too.</summary>
    public static readonly TimeSpan DeathLife = TimeSpan.FromHours(24);

    /// <summary>Nothing happened.</summary>
    public static LoadRecord Empty { get; } = new();

    /// <summary>Loads without an end.</summary>
    [Id(0), JsonPropertyName("open")]
    public ImmutableArray<OpenLoad> Open { get; init; } = [];

    /// <summary>Processes that ended during a load, oldest first.</summary>
    [Id(1), JsonPropertyName("deaths")]
    public ImmutableArray<LoadDeath> Deaths { get; init; } = [];

    /// <summary>
    /// What the files are on the silos that have begun a load, by name. Copies of one file differ in their times, so that only a silo
    /// that comes with other files than it had itself shows that the artifact changed.
    /// </summary>
    [Id(2), JsonPropertyName("artifacts")]
    public ImmutableDictionary<string, string> Artifacts { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>True where it must not be loaded.</summary>
    public bool IsQuarantined => Deaths.Length >= DeathsToQuarantine;

    /// <summary>Why it must not be loaded, for people.</summary>
    public string Reason => Deaths.IsEmpty
        ? ""
        : $"loading it ended the process of {string.Join(" and of ", Deaths.Select(Describe))}; POST .../quarantine/clear allows it again";

    /// <summary>A silo wants to load.</summary>
    /// <param name="intent">Its intent.</param>
    /// <param name="isAlive">Whether a silo, named with its generation, is a living process.</param>
    /// <param name="now">The time.</param>
    public (LoadRecord Record, LoadVerdict Verdict) Begin(LoadIntent intent, Func<string, bool> isAlive, DateTimeOffset now)
    {
        var known = ForArtifact(intent).Bury(intent.Silo, isAlive, now);
        if (known.IsQuarantined)
        {
            return (known, new LoadVerdict(false, true, known.Reason));
        }

        var isSuspect = !known.Deaths.IsEmpty;
        return (isSuspect && !intent.Alone ? known : known.Opened(intent), new LoadVerdict(true, isSuspect, ""));
    }

    /// <summary>A load ended and its process lives: what happened on that silo before is forgiven.</summary>
    public LoadRecord End(LoadIntent intent) => Open.Any(open => open.Silo == intent.Silo)
        ? this with
        {
            Open = Open.RemoveAll(open => open.Silo == intent.Silo),
            Deaths = Deaths.RemoveAll(death => death.SiloName == intent.SiloName),
        }
        : this;

    /// <summary>An operator allows it again; loads that are really under way stay on record.</summary>
    public LoadRecord Clear(Func<string, bool> isAlive) => this with { Deaths = [], Open = Open.RemoveAll(open => !isAlive(open.Silo)) };

    private static string Describe(LoadDeath death) =>
        string.Create(CultureInfo.InvariantCulture, $"silo {death.SiloName} at {death.At.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC");

    private LoadRecord ForArtifact(LoadIntent intent)
    {
        var before = Artifacts.GetValueOrDefault(intent.SiloName);
        return before == intent.Artifact ? this
            : before is null ? this with { Artifacts = Artifacts.Add(intent.SiloName, intent.Artifact) }
            : Empty with { Artifacts = ImmutableDictionary<string, string>.Empty.Add(intent.SiloName, intent.Artifact) };
    }

    /// <summary>The silo that asks is alive; an intent of its own that is still open had its end lost.</summary>
    private LoadRecord Bury(string asking, Func<string, bool> isAlive, DateTimeOffset now)
    {
        var dead = Open.RemoveAll(open => open.Silo == asking || isAlive(open.Silo));
        var deaths = Deaths.RemoveAll(death => now - death.At > DeathLife);
        return dead.IsEmpty && deaths.Length == Deaths.Length ? this : this with
        {
            Open = Open.RemoveRange(dead),
            Deaths = deaths.AddRange(dead.Select(open => new LoadDeath(open.SiloName, now))),
        };
    }

    private LoadRecord Opened(LoadIntent intent)
    {
        var open = new OpenLoad(intent.Silo, intent.SiloName);
        return Open.Contains(open) ? this : this with { Open = Open.Add(open) };
    }
}

/// <summary>A process that ended while it loaded the version.</summary>
/// <param name="SiloName">The silo's name.</param>
/// <param name="At">When that was found out.</param>
[GenerateSerializer, Immutable, Alias("krewe.load-death")]
internal sealed record LoadDeath(
    [property: Id(0), JsonPropertyName("siloName")] string SiloName,
    [property: Id(1), JsonPropertyName("at")] DateTimeOffset At);

/// <summary>A load whose end was not heard of yet.</summary>
/// <param name="Silo">The silo with its generation.</param>
/// <param name="SiloName">Its name.</param>
[GenerateSerializer, Immutable, Alias("krewe.open-load")]
internal sealed record OpenLoad(
    [property: Id(0), JsonPropertyName("silo")] string Silo,
    [property: Id(1), JsonPropertyName("siloName")] string SiloName);
