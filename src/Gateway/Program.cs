using Krewe.Gateway.Settings;
using Krewe.Gateway.Start;
using Krewe.Launch.Members;
using Krewe.Launch.Programs;
using Krewe.Launch.Start;

return await Launcher.RunAsync(args, SettingTable.All, static options => options.Endpoints, static async options =>
{
    await MemberPlace.FindAsync(options.Member, options.Advertise);
    using var ports = ListenEndpoint.Reserve(options.AllEndpoints);
    await using var server = new GatewayServer(options);
    await server.StartAsync();
    await server.WaitForStopAsync();
});
