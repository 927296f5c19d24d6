using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Serving.Admission;
using Krewe.Serving.Loading;
using Krewe.Serving.Memory;
using Krewe.Serving.Repository.Snapshots;

namespace Krewe.Serving.Publishing;

/// <summary>
/// Loads a version that nobody may call yet, once, as it will be loaded when they may: after the gate, within the memory budget, on the
/// threads for loads. What it takes is given back at once.
/// </summary>
internal sealed class TrialLoad(BudgetedLoader loads, MemoryBudget budget, LoadAdmission permits, ServingOptions options, TimeProvider time)
{
    private static readonly TimeSpan RetryWhenFull = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Throws <see cref="KreweErrorCode.InvalidInput"/> with the reason where it cannot be loaded, <see cref="KreweErrorCode.Overloaded"/>
    /// where there is no room to try, and <see cref="KreweErrorCode.Unavailable"/> where the gate does not let it in.
    /// </summary>
    public async Task RunAsync(RepositoryVersion version, CancellationToken cancellationToken)
    {
        var bytes = Math.Min(LoadMeter.EstimateLoading(version.Stamp.FileBytes), budget.Bytes);
        if (version.Stamp.FileBytes > budget.Bytes)
        {
            throw TooLarge(version, version.Stamp.FileBytes);
        }

        var start = time.GetTimestamp();
        do
        {
            var roomChanges = budget.WhenRoomChanges();
            if (budget.HasRoom(bytes) && await TryAsync(version, bytes))
            {
                return;
            }

            await WaitAsync(roomChanges, options.RoomPatience - time.GetElapsedTime(start), cancellationToken);
        }
        while (time.GetElapsedTime(start) < options.RoomPatience);

        throw KreweException.Overloaded(
            $"there is no room to try and load model '{version.Id}': all models in memory are in use", RetryWhenFull);
    }

    /// <summary>The error of a version that cannot be served, for whoever publishes it.</summary>
    public static KreweException Unfit(ModelId version, KreweException error) =>
        KreweException.InvalidInput($"model '{version.Name}' version '{version.Version}' cannot be published: {error.Message}", error);

    /// <summary>False where others have taken the room meanwhile.</summary>
    private async Task<bool> TryAsync(RepositoryVersion version, long bytes)
    {
        var permit = await EnterAsync(version);
        try
        {
            return await loads.LoadAsync(version, bytes, session => GiveBack(version, session, bytes));
        }
        catch (KreweException error) when (error is { Code: KreweErrorCode.Unavailable, RetryAfter: null })
        {
            // What another try may mend says when to try again; the rest is the version's own fault.
            throw Unfit(version.Id, error);
        }
        finally
        {
            permits.Leave(version.Id, permit);
        }
    }

    private async Task<IAsyncDisposable?> EnterAsync(RepositoryVersion version)
    {
        try
        {
            return await permits.EnterAsync(version.Id, version.Stamp.Identity);
        }
        catch (LoadRefusedException refused)
        {
            throw KreweException.Unavailable($"model '{version.Id}' cannot be tried: {refused.Message}", RetryWhenFull, refused);
        }
    }

    private bool GiveBack(RepositoryVersion version, LoadedSession loaded, long reserved)
    {
        loaded.Session.Dispose();
        budget.Cancel(reserved);
        budget.ReturnFreedMemory(force: true);
        return loaded.MemoryBytes <= budget.Bytes ? true : throw TooLarge(version, loaded.MemoryBytes);
    }

    private async Task WaitAsync(Task roomChanges, TimeSpan patience, CancellationToken cancellationToken)
    {
        if (patience > TimeSpan.Zero)
        {
            await roomChanges.WaitAsync(patience, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private KreweException TooLarge(RepositoryVersion version, long bytes) => KreweException.InvalidInput(
        $"model '{version.Id}' needs {ErrorText.Bytes(bytes)} of memory, and the budget for all models is {ErrorText.Bytes(budget.Bytes)}");
}
