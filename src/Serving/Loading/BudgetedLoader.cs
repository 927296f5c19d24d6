using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Serving.Execution;
using Krewe.Serving.Memory;
using Krewe.Serving.Repository.Snapshots;

namespace Krewe.Serving.Loading;

/// <summary>
/// Loads sessions within the memory budget, on the load threads. The lowest-priority thread only opens large models: it can be preempted
/// for long, so it takes no lock that calls or other loads wait for. Reserving, measuring (which locks the C library's heaps), admitting
/// and freeing run on the other load threads. Threads of their own wait for worker processes, which may take as long as their models like.
/// </summary>
internal sealed class BudgetedLoader(
    SessionLoader sessions, LoadMeter meter, MemoryBudget budget, LoadThreads threads, CompletionDispatcher completions) : IDisposable
{
    private const long LargeFileBytes = 32L << 20;

    /// <summary>Worker processes that are opening a file at the same time.</summary>
    private const int MaxOpeningWorkers = 4;

    private readonly LoadThreads isolated = new(MaxOpeningWorkers, completions);

    /// <summary>
    /// Reserves memory, loads, and passes the session to <paramref name="accept"/>, which takes ownership of it and the reservation.
    /// Returns its result, or default if sessions in use leave no memory to reserve. Throws <see cref="KreweException"/> with a
    /// human-readable reason.
    /// </summary>
    /// <param name="version">The version.</param>
    /// <param name="reservation">The memory to reserve, in bytes.</param>
    /// <param name="accept">Takes the session over.</param>
    /// <param name="isTrial">See <see cref="SessionLoader.Plan"/>.</param>
    public async Task<T?> LoadAsync<T>(RepositoryVersion version, long reservation, Func<LoadedSession, T?> accept, bool isTrial = false)
    {
        var isLarge = version.Stamp.FileBytes >= LargeFileBytes;
        var begun = await threads.RunAsync(() => Begin(version, reservation, accept, isTrial, isLarge));
        if (begun.Plan is not { } plan)
        {
            return begun.Result;
        }

        LoadedSession session;
        try
        {
            session = await (plan.Isolation.InWorker ? isolated : threads).RunAsync(() => sessions.Open(plan), isLarge);
        }
        catch
        {
            await threads.RunAsync(() => Fail(reservation));
            throw;
        }

        return await threads.RunAsync(() => End(version, begun.Started, session, accept));
    }

    /// <summary>Opens a version in a worker process and closes it; false if there is no memory to reserve. Throws as a load does.</summary>
    public Task<bool> TryOpenAsync(RepositoryVersion version, long reservation) => LoadAsync(
        version, reservation, session =>
        {
            session.Session.Dispose();
            budget.Cancel(reservation);
            return true;
        }, isTrial: true);

    public void Dispose() => isolated.Dispose();

    /// <summary>Does all of a load that is short, and the beginning of any other.</summary>
    private Begun<T> Begin<T>(RepositoryVersion version, long reservation, Func<LoadedSession, T?> accept, bool isTrial, bool isLarge)
    {
        if (!budget.TryReserve(reservation))
        {
            return default;
        }

        var started = meter.Begin();
        LoadedSession session;
        try
        {
            var plan = sessions.Plan(version, isTrial);
            if (isLarge || plan.Isolation.InWorker)
            {
                return new Begun<T>(started, plan, default);
            }

            session = sessions.Open(plan);
        }
        catch
        {
            Fail(reservation);
            throw;
        }

        return new Begun<T>(started, null, End(version, started, session, accept));
    }

    private T? End<T>(RepositoryVersion version, LoadStart started, LoadedSession session, Func<LoadedSession, T?> accept)
    {
        try
        {
            var bytes = meter.End(started, version.Stamp.FileBytes, session.Session.Provider != ExecutionProvider.Cpu);
            return accept(session with { MemoryBytes = session.Session.Worker?.ProcessBytes ?? bytes });
        }
        finally
        {
            budget.ReturnFreedMemory();
        }
    }

    private void Fail(long reservation)
    {
        meter.Cancel();
        budget.Cancel(reservation);
        budget.ReturnFreedMemory();
    }

    /// <summary>A load that has begun: with a plan for the rest of it, or a result if it is over.</summary>
    private readonly record struct Begun<T>(LoadStart Started, LoadPlan? Plan, T? Result);
}
