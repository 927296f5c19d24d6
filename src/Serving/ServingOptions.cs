using System.Collections.Immutable;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Memory;
using Krewe.Serving.Repository;

namespace Krewe.Serving;

/// <summary>How this process serves models. Everything except the repository root has a default.</summary>
public sealed class ServingOptions
{
    /// <summary>The model repository.</summary>
    public ModelRepositoryOptions Repository { get; } = new();

    /// <summary>The memory budget for loaded sessions, in bytes; null for the share of <see cref="MemoryShares"/>.</summary>
    public long? MemoryBudgetBytes { get; set; }

    /// <summary>Idle time after which a version is evicted; <see cref="Timeout.InfiniteTimeSpan"/> for never.</summary>
    public TimeSpan IdleTime { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>The number of runner threads. Extra ones are added temporarily while all of these are busy with long runs.</summary>
    public int RunnerThreads { get; set; } = Environment.ProcessorCount;

    /// <summary>The maximum number of extra runner threads.</summary>
    public int ExtraRunnerThreads { get; set; } = 32;

    /// <summary>The number of load threads; with two or more, one is reserved for large models.</summary>
    public int LoadThreads { get; set; } = 2;

    /// <summary>The size of the intra-op thread pool shared by all models whose settings ask for more than one thread.</summary>
    public int IntraOpThreads { get; set; } = Environment.ProcessorCount;

    /// <summary>The allowed execution providers, CPU always included; default (no array) allows all.</summary>
    public ImmutableArray<ExecutionProvider> Devices { get; set; }

    /// <summary>How long a load waits for memory held by sessions in use before its callers are rejected.</summary>
    public TimeSpan MemoryTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The time that a run may take if its callers name no deadline, and that each run of a load may take;
    /// <see cref="Timeout.InfiniteTimeSpan"/> for no limit. A run that exceeds it is terminated.
    /// </summary>
    public TimeSpan RunTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Where models run whose settings do not say it.</summary>
    public IsolationMode Isolation { get; set; }

    /// <summary>
    /// Where this process records what its models run, for the processes that outlive it; null for <c>.krewe/processes</c> in the
    /// repository.
    /// </summary>
    public string? ProcessFolder { get; set; }

    internal string EffectiveProcessFolder => ProcessFolder ?? Path.Combine(Repository.Root, ".krewe", "processes");

    internal long EffectiveMemoryBudgetBytes => MemoryBudgetBytes ?? MemoryShares.Current.Models;

    internal IEnumerable<string> FindErrors()
    {
        foreach (var error in Repository.FindErrors())
        {
            yield return $"{nameof(Repository)}: {error}";
        }

        if (MemoryBudgetBytes is < 1 << 20)
        {
            yield return $"{nameof(MemoryBudgetBytes)} is {MemoryBudgetBytes}: expected at least 1 MiB";
        }

        if (IdleTime <= TimeSpan.Zero && IdleTime != Timeout.InfiniteTimeSpan)
        {
            yield return $"{nameof(IdleTime)} is {IdleTime}: expected more than 0, or infinite";
        }

        if (RunTimeout <= TimeSpan.Zero && RunTimeout != Timeout.InfiniteTimeSpan)
        {
            yield return $"{nameof(RunTimeout)} is {RunTimeout}: expected more than 0, or infinite";
        }

        if (MemoryTimeout < TimeSpan.Zero || MemoryTimeout > TimeSpan.FromDays(1))
        {
            yield return $"{nameof(MemoryTimeout)} is {MemoryTimeout}: expected 0 to 1 day";
        }

        foreach (var (name, value, most) in new[]
        {
            (nameof(RunnerThreads), RunnerThreads, 1024), (nameof(LoadThreads), LoadThreads, 64), (
                nameof(IntraOpThreads), IntraOpThreads, 1024),
        })
        {
            if (value < 1 || value > most)
            {
                yield return $"{name} is {value}: expected 1 to {most}";
            }
        }

        if (ExtraRunnerThreads is < 0 or > 1024)
        {
            yield return $"{nameof(ExtraRunnerThreads)} is {ExtraRunnerThreads}: expected 0 to 1024";
        }
    }
}
