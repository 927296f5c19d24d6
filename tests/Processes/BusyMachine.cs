namespace Krewe.Processes;

/// <summary>Processes that want all the processor time there is, until disposed.</summary>
public sealed class BusyMachine : IDisposable
{
    private readonly List<ProgramProcess> processes = [];

    /// <summary>Starts so many.</summary>
    public BusyMachine(int count)
    {
        for (var i = 0; i < count; i++)
        {
            processes.Add(ProgramProcess.StartCommand(["/bin/sh", "-c", "while :; do :; done"]));
        }
    }

    /// <summary>Ends them.</summary>
    public void Dispose()
    {
        foreach (var process in processes)
        {
            process.Kill();
        }
    }
}
