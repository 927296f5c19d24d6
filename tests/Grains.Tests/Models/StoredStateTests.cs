using Krewe.Grains.Interfaces;
using Krewe.Rollouts;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;

namespace Krewe.Grains.Tests;

/// <summary>What older silos have written is read for ever.</summary>
public sealed class StoredStateTests : IDisposable
{
    private const string State = "20001121000501050009e0210103010d400b6372617368e0e0";
    private const string Book = "20000521010341096972697320001121000501050009e0210103010d400b6372617368e0e0e0e0";
    private static readonly ChangeAuthor Anna = new("anna", "", DateTimeOffset.UnixEpoch);
    private readonly ServiceProvider services = new ServiceCollection().AddSerializer().BuildServiceProvider();

    private Serializer Serializer => services.GetRequiredService<Serializer>();

    [Fact]
    public void A_route_from_before_it_had_traffic_has_none()
    {
        var route = Serializer.Deserialize<ModelState>(Convert.FromHexString(State))!.ToRoute("iris");

        Assert.Equal((4, "crash"), (route.Epoch, route.Quarantined[3]));
        Assert.Equal([1L, 2], route.Unloaded);
        Assert.Null(route.Traffic);
        Assert.Empty(route.Held);
        Assert.Empty(route.Closed);
    }

    [Fact]
    public void A_book_from_before_it_had_traffic_is_read_and_written_on()
    {
        var state = Serializer.Deserialize<RouteBookState>(Convert.FromHexString(Book))!;
        var route = new ModelState().With(AliasChanges.Set(ModelTraffic.None, "prod", new(2), Anna)).ToRoute("m");

        var book = Travel(state.With(route)).ToBook(null, RouteBook.Empty);

        Assert.Equal((2, 2), (book.Sequence, book.Routes.Count));
        Assert.Equal([1L, 2], book.Routes["iris"].Unloaded);
        Assert.Equal(2, book.Routes["m"].Traffic!.Aliases["prod"].Number);
    }

    [Fact]
    public void What_was_decided_comes_back_as_it_was_stored()
    {
        var traffic = AliasChanges.Retire(AliasChanges.Set(ModelTraffic.None, "prod", new(2), Anna), new(1), Anna);
        var state = new ModelState().With(traffic);
        state = state.With(RouteChanges.Close(state.ToRoute("m"), 1));

        var back = Travel(state);

        Assert.Equal(TrafficJson.Write(traffic), TrafficJson.Write(back.ReadTraffic()));
        Assert.Equal((2, 1L), (back.ToRoute("m").Epoch, Assert.Single(back.ToRoute("m").Closed)));
        Assert.Empty(back.With(AliasChanges.Forget(traffic, new(1), Anna)).Closed);
    }

    public void Dispose() => services.Dispose();

    private T Travel<T>(T value) => Serializer.Deserialize<T>(Serializer.SerializeToArray(value))!;
}
