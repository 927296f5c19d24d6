namespace Krewe.Client.Tests.Placement;

public interface IWhereaboutsGrain : IGrainWithStringKey
{
    Task<string> WhereAsync();
}
