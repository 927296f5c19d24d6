using Krewe.Launch.Members;
using Krewe.Launch.Programs;
using Krewe.Launch.Start;
using Krewe.Silo.Cluster;
using Krewe.Silo.Settings;
using Krewe.Silo.Start;

return await Launcher.RunAsync(args, SettingTable.All, static options => options.Endpoints, static async options =>
{
    if (!options.IsAlone)
    {
        // Members often share processors: threads that spin for work take time from the others. A single silo responds faster with the
        // default. The value is read when the pool's first thread starts, which is later than here.
        AppContext.SetData("System.Threading.ThreadPool.UnfairSemaphoreSpinLimit", 20);
    }

    if (options.IsAlone)
    {
        options.Single.EnginePort = MemberPlace.TakePort(options.Single.EnginePort);
    }
    else
    {
        await MemberPlace.FindAsync(options.Member, options.Advertise);
    }

    if (options.InitDb)
    {
        await DatabaseTables.ApplyAsync(options, Console.Out);
        return;
    }

    using var ports = ListenEndpoint.Reserve(options.AllEndpoints);
    await using var server = new SiloServer(options);
    await server.StartAsync();
    await server.WaitForStopAsync();
});
