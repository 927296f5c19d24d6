using Krewe.Grains.Interfaces;

namespace Krewe.Client.Tests;

public interface IWhereaboutsGrain : IGrainWithStringKey
{
    Task<string> WhereAsync();
}
