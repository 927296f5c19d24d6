using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Serving.Execution;
using Krewe.Serving.Memory;
using Krewe.Serving.Repository.Snapshots;

namespace Krewe.Serving.Loading;

/// <summary>
/// Loads sessions within the memory budget, on the load threads. The lowest-priority thread only opens large models: it can be preempted
/// for long, so it takes no lock that calls or other loads wait for. Reserving, measuring (which locks the C library's heaps), admitting
/// and freeing run on the other load threads.
/// </summary>
internal sealed class BudgetedLoader(SessionLoader sessions, LoadMeter meter, MemoryBudget budget, LoadThreads threads)
{
    private const long LargeFileBytes = 32L << 20;

    /// <summary>
    /// Reserves memory, loads, and passes the session to <paramref name="accept"/>, which takes ownership of it and the reservation.
    /// Returns its result, or default if sessions in use leave no memory to reserve. Throws <see cref="KreweException"/> with a
    /// human-readable reason.
    /// </summary>
    public Task<T?> LoadAsync<T>(RepositoryVersion version, long reservation, Func<LoadedSession, T?> accept) =>
        version.Stamp.FileBytes >= LargeFileBytes
            ? LoadLargeAsync(version, reservation, accept)
            : threads.RunAsync(() => Load(version, reservation, accept));

    private T? Load<T>(RepositoryVersion version, long reservation, Func<LoadedSession, T?> accept)
    {
        if (Begin(reservation) is not { } started)
        {
            return default;
        }

        LoadedSession session;
        try
        {
            session = sessions.Open(version);
        }
        catch
        {
            Fail(reservation);
            throw;
        }

        return End(version, started, session, accept);
    }

    private async Task<T?> LoadLargeAsync<T>(RepositoryVersion version, long reservation, Func<LoadedSession, T?> accept)
    {
        if (await threads.RunAsync(() => Begin(reservation)) is not { } started)
        {
            return default;
        }

        LoadedSession session;
        try
        {
            session = await threads.RunAsync(() => sessions.Open(version), isLarge: true);
        }
        catch
        {
            await threads.RunAsync(() => Fail(reservation));
            throw;
        }

        return await threads.RunAsync(() => End(version, started, session, accept));
    }

    private LoadStart? Begin(long reservation) => budget.TryReserve(reservation) ? meter.Begin() : null;

    private T? End<T>(RepositoryVersion version, LoadStart started, LoadedSession session, Func<LoadedSession, T?> accept)
    {
        try
        {
            var bytes = meter.End(started, version.Stamp.FileBytes, session.Session.Provider != ExecutionProvider.Cpu);
            return accept(session with { MemoryBytes = bytes });
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
}
