using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Serving.Admission;
using Krewe.Serving.Loading;
using Krewe.Serving.Memory;
using Krewe.Serving.Repository.Snapshots;

namespace Krewe.Serving.Publishing;

/// <summary>
/// Loads an unpublished version once, as later loads will: with a permit, within the memory budget, on the load threads. The memory is
/// released at once.
/// </summary>
internal sealed class TrialLoad(BudgetedLoader loads, MemoryBudget budget, LoadAdmission permits, ServingOptions options, TimeProvider time)
{
    private static readonly TimeSpan RetryWhenFull = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Throws <see cref="KreweErrorCode.InvalidInput"/> with the reason if it cannot be loaded, <see cref="KreweErrorCode.Overloaded"/> if
    /// there is not enough memory, and <see cref="KreweErrorCode.Unavailable"/> if the load gate rejects it.
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
            var capacityChanges = budget.WhenCapacityChanges();
            if (budget.CanReserve(bytes) && await TryAsync(version, bytes))
            {
                return;
            }

            await WaitAsync(capacityChanges, options.MemoryTimeout - time.GetElapsedTime(start), cancellationToken);
        }
        while (time.GetElapsedTime(start) < options.MemoryTimeout);

        throw KreweException.Overloaded(
            $"not enough memory for a trial load of model '{version.Id}': all loaded models are in use", RetryWhenFull);
    }

    /// <summary>The error for the publisher of a version that cannot be served.</summary>
    public static KreweException Unfit(ModelId version, KreweException error) =>
        KreweException.InvalidInput($"model '{version.Name}' version '{version.Version}' cannot be published: {error.Message}", error);

    /// <summary>False if others took the capacity meanwhile.</summary>
    private async Task<bool> TryAsync(RepositoryVersion version, long bytes)
    {
        var permit = await EnterAsync(version);
        try
        {
            return await loads.LoadAsync(version, bytes, session => Release(version, session, bytes), isTrial: true);
        }
        catch (KreweException error) when (error is { Code: KreweErrorCode.Unavailable, RetryAfter: null })
        {
            // Errors with a retry time are temporary; all others are the version's fault.
            throw Unfit(version.Id, error);
        }
        finally
        {
            permits.Leave(version.Id, permit);
        }
    }

    private async Task<ILoadPermit?> EnterAsync(RepositoryVersion version)
    {
        try
        {
            return await permits.EnterAsync(version.Id, version.Stamp.Identity);
        }
        catch (LoadRefusedException refused)
        {
            throw KreweException.Unavailable($"model '{version.Id}' cannot be tested: {refused.Message}", RetryWhenFull, refused);
        }
    }

    private bool Release(RepositoryVersion version, LoadedSession loaded, long reserved)
    {
        var bytes = loaded.Session.Worker?.SessionBytes ?? loaded.MemoryBytes;
        loaded.Session.Dispose();
        budget.Cancel(reserved);
        budget.ReturnFreedMemory(force: true);
        return bytes <= budget.Bytes ? true : throw TooLarge(version, bytes);
    }

    private async Task WaitAsync(Task capacityChanges, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (timeout > TimeSpan.Zero)
        {
            await capacityChanges.WaitAsync(timeout, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private KreweException TooLarge(RepositoryVersion version, long bytes) => KreweException.InvalidInput(
        $"model '{version.Id}' needs {ErrorText.Bytes(bytes)} of memory, and the budget for all models is {ErrorText.Bytes(budget.Bytes)}");
}
