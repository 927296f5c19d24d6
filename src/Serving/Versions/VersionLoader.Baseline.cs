using Krewe.Abstractions.Errors;

namespace Krewe.Serving.Versions;

internal sealed partial class VersionLoader
{
    /// <summary>
    /// Begins to load a baseline where there is free memory: it evicts nothing, and is evicted first. A failure is remembered, and not
    /// reported.
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
            // It is remembered, and answers for a while.
        }
    }
}
