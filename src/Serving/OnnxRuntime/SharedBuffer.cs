namespace Krewe.Serving.OnnxRuntime;

/// <summary>Memory with several holders; the last one to dispose frees it. Starts with one holder.</summary>
internal sealed class SharedBuffer(IDisposable inner) : IDisposable
{
    private int holders = 1;

    /// <summary>One more holder, who disposes once; only for somebody who is a holder.</summary>
    public SharedBuffer Share()
    {
        Interlocked.Increment(ref holders);
        return this;
    }

    public void Dispose()
    {
        if (Interlocked.Decrement(ref holders) == 0)
        {
            inner.Dispose();
        }
    }
}
