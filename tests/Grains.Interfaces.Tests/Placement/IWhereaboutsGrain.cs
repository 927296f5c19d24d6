namespace Krewe.Grains.Interfaces.Tests;

public interface IWhereaboutsGrain : IGrainWithStringKey
{
    Task<string> WhereAsync();
}
