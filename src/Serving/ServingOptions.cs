using System.Collections.Immutable;
using Krewe.Abstractions.Hosting;
using Krewe.Serving.Repository;

namespace Krewe.Serving;

/// <summary>How this process serves models. Everything has a default but the repository's root.</summary>
public sealed class ServingOptions
{
    /// <summary>Where the models lie.</summary>
    public ModelRepositoryOptions Repository { get; } = new();

    /// <summary>Bytes that loaded sessions may hold; null for 60 % of the memory the container or machine lets this process have.</summary>
    public long? MemoryBudgetBytes { get; set; }

    /// <summary>After how long without a call a version leaves memory; <see cref="Timeout.InfiniteTimeSpan"/> for never.</summary>
    public TimeSpan IdleTime { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Threads that run models; extra ones come and go when all of these are busy with long runs.</summary>
    public int RunnerThreads { get; set; } = Environment.ProcessorCount;

    /// <summary>The most extra runner threads.</summary>
    public int ExtraRunnerThreads { get; set; } = 32;

    /// <summary>Threads that load models; with two or more, one is for large ones alone.</summary>
    public int LoadThreads { get; set; } = 2;

    /// <summary>Threads of the one pool for all models whose settings ask for more than one thread for a run.</summary>
    public int IntraOpThreads { get; set; } = Environment.ProcessorCount;

    /// <summary>The execution providers that may be used, the processor in any case; default (no array) for all there are.</summary>
    public ImmutableArray<ExecutionProvider> Devices { get; set; }

    /// <summary>How long a load waits for sessions in use to leave room before its callers are refused.</summary>
    public TimeSpan RoomPatience { get; set; } = TimeSpan.FromSeconds(10);

    internal long EffectiveMemoryBudgetBytes => MemoryBudgetBytes ?? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 100 * 60;

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

        if (RoomPatience < TimeSpan.Zero || RoomPatience > TimeSpan.FromDays(1))
        {
            yield return $"{nameof(RoomPatience)} is {RoomPatience}: expected 0 to 1 day";
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
