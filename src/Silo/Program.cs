using Krewe.Launch;
using Krewe.Silo;

return await Launcher.RunAsync(args, SettingTable.All, static options => options.Endpoints(), static async options =>
{
    var place = await MemberPlace.FindAsync(options, options.IsAlone ? null : options.ClientPort);
    if (options.InitDb)
    {
        await DatabaseTables.ApplyAsync(options, place, Console.Out);
        return;
    }

    ListenEndpoint.Check(options.Endpoints(place));
    await using var server = new SiloServer(options, place);
    await server.StartAsync();
    await Banner.WriteAsync(Console.Out, server);
    await server.WaitForStopAsync();
});
