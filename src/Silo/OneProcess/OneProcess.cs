using Krewe.Abstractions.Errors;
using Krewe.Launch.Members;
using Krewe.Member.Hosting;
using Krewe.Silo.Settings;

namespace Krewe.Silo.OneProcess;

/// <summary>What a silo is by itself: the front door in front of it, and nobody beside it.</summary>
internal static class OneProcess
{
    /// <summary>What the engine's stop may take beyond answering.</summary>
    private static readonly TimeSpan LeaveTime = TimeSpan.FromSeconds(10);

    public static void AddOneProcess(this WebApplicationBuilder builder, SiloOptions options, MemberPlace place, Action<ISiloBuilder> host)
    {
        if (options.State is { } folder)
        {
            CheckState(folder);
        }

        builder.AddKreweSingleSilo(options.ToSingle(place), host);

        // Services start in this order and stop in the reverse, and what listens comes last.
        builder.Services.AddHostedService<StoredDecisions>();
        builder.Services.PostConfigure<HostOptions>(static host => host.ShutdownTimeout += LeaveTime);
    }

    /// <summary>
    /// A folder that was named must keep what is decided. By default a folder of models that cannot be written is served all the same.
    /// </summary>
    private static void CheckState(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
            using var trial = new FileStream(
                Path.Combine(folder, $".trial-{Guid.NewGuid():N}"), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1,
                FileOptions.DeleteOnClose);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw KreweException.InvalidInput(
                $"--state is '{folder}', where user '{Environment.UserName}' cannot write: {error.Message}", error);
        }
    }
}
