namespace Krewe.OwnSilo;

/// <summary>A house, as an application's own grain.</summary>
public interface IHouseGrain : IGrainWithStringKey
{
    /// <summary>What it is worth, in euros, as the model says that serves now.</summary>
    Task<double> EstimatePriceAsync();
}
