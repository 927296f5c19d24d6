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
    /// <param name="version">The version.</param>
    /// <param name="reservation">The memory to reserve, in bytes.</param>
    /// <param name="accept">Takes the session over.</param>
    /// <param name="isTrial">See <see cref="SessionLoader.Open(RepositoryVersion, bool)"/>.</param>
    public Task<T?> LoadAsync<T>(RepositoryVersion version, long reservation, Func<LoadedSession, T?> accept, bool isTrial = false) =>
        version.Stamp.FileBytes >= LargeFileBytes
            ? LoadLargeAsync(version, reservation, accept, isTrial)
            : threads.RunAsync(() => Load(version, reservation, accept, isTrial));

    /// <summary>Opens a version in a worker process and closes it; false if there is no memory to reserve. Throws as a load does.</summary>
    public Task<bool> TryOpenAsync(RepositoryVersion version, long reservation) => LoadAsync(
        version, reservation, session =>
        {
            session.Session.Dispose();
            budget.Cancel(reservation);
            return true;
        }, isTrial: true);

    private T? Load<T>(RepositoryVersion version, long reservation, Func<LoadedSession, T?> accept, bool isTrial)
    {
        if (Begin(reservation) is not { } started)
        {
            return default;
        }

        LoadedSession session;
        try
        {
            session = sessions.Open(version, isTrial);
        }
        catch
        {
            Fail(reservation);
            throw;
        }

        return End(version, started, session, accept);
    }

    private async Task<T?> LoadLargeAsync<T>(
        RepositoryVersion version, long reservation, Func<LoadedSession, T?> accept, bool isTrial)
    {
        if (await threads.RunAsync(() => Begin(reservation)) is not { } started)
        {
            return default;
        }

        LoadedSession session;
        try
        {
            session = await threads.RunAsync(() => sessions.Open(version, isTrial), isLarge: true);
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
}
