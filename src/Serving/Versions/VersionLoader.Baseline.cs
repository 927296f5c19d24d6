using Krewe.Abstractions.Errors;

namespace Krewe.Serving.Versions;

internal sealed partial class VersionLoader
{
    /// <summary>
    /// Starts loading a baseline if memory is free: it evicts nothing, and is evicted first. A failure is recorded, not thrown.
    /// </summary>
    public void BeginBaseline(ServedVersion baseline)
    {
        if (baseline.Loading is null && budget.HasFree(Math.Max(ReservationOf(baseline), baseline.Origin!.MeasuredBytes)))
        {
            _ = LoadBaselineAsync(baseline);
        }
    }

    private async Task LoadBaselineAsync(ServedVersion baseline)
    {
        try
        {
            (await LeaseAsync(baseline, CancellationToken.None))?.Return();
        }
        catch (KreweException)
        {
            // The failure is recorded and rejects control calls until its backoff ends.
        }
    }
}
