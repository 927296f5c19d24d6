using Krewe.Gateway.Settings;
using Krewe.Gateway.Start;
using Krewe.Launch.Members;
using Krewe.Launch.Programs;
using Krewe.Launch.Start;

return await Launcher.RunAsync(args, SettingTable.All, static options => options.Endpoints(), static async options =>
{
    var place = await MemberPlace.FindAsync(options, clientPort: null);
    using var ports = ListenEndpoint.Reserve(options.Endpoints(place));
    await using var server = new GatewayServer(options, place);
    await server.StartAsync();
    await server.WaitForStopAsync();
});
