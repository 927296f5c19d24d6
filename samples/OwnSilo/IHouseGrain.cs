namespace Krewe.OwnSilo;

/// <summary>A house, as a grain of the application.</summary>
public interface IHouseGrain : IGrainWithStringKey
{
    /// <summary>The estimated price, in euros, by the model version currently serving.</summary>
    Task<double> EstimatePriceAsync();
}
