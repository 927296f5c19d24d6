using Krewe.Grains.Decisions;
using Krewe.Grains.Models;
using Krewe.Rollouts.States;
using Krewe.Rollouts.Storage;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;

namespace Krewe.Grains.Tests.Models;

/// <summary>What older silos have written is read for ever.</summary>
public sealed class StoredStateTests : IDisposable
{
    private const string State = "20001121000501050009e0210103010d400b6372617368e0e0";
    private const string Table = "20000521010341096972697320001121000501050009e0210103010d400b6372617368e0e0e0e0";
    private const string StateWithTraffic =
        "20000521e021e0415a037b227265766973696f6e223a312c22616c6961736573223a7b2270726f64223a327d2c22726f6c6c6f7574223a6e756c6c2c"
        + "2272657469726564223a5b5d2c22686973746f7279223a5b7b227265766973696f6e223a312c226174223a22313937302d30312d30315430303a3030"
        + "3a30302b30303a3030222c226163746f72223a22616e6e61222c2277686174223a22616c696173205c753030323770726f645c753030323720776173"
        + "2073657420746f2076657273696f6e2032222c22776879223a22227d5d2c226b6570745761726d223a5b5d7d21e0e0";

    private const string TableWithTraffic =
        "20000921010541096972697320001121000501050009e0210103010d400b6372617368e0c10121e0e040036d20000521e021e0c10121e0e0e0210103"
        + "c1252040657b22616c6961736573223a7b2270726f64223a327d2c22726f6c6c6f7574223a6e756c6c2c2272657469726564223a5b5d7d21e021e0e0"
        + "e0e0";

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
    public void A_route_with_traffic_is_read()
    {
        var route = Serializer.Deserialize<ModelState>(Convert.FromHexString(StateWithTraffic))!.ToRoute("m");

        Assert.Equal((1, 2), (route.Epoch, route.Traffic!.Aliases["prod"].Number));
    }

    [Theory]
    [InlineData(Table, 1, "iris")]
    [InlineData(TableWithTraffic, 2, "iris", "m")]
    public void A_book_of_one_row_is_read_for_its_models(string bytes, long sequence, params string[] models)
    {
        var state = Serializer.Deserialize<RoutingTableState>(Convert.FromHexString(bytes))!;

        Assert.Equal(sequence, state.Sequence);
        Assert.Equal(models, state.Routes.Keys.Order());
        Assert.Equal([1L, 2], state.Routes["iris"].Unloaded);
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
