using System.Threading.Channels;

namespace Krewe.AspNetPeer;

/// <summary>Joins the calls that wait while one batch runs into the next, on a thread of its own.</summary>
internal sealed class Batches : IDisposable
{
    private const int MostRows = 32;
    private readonly Channel<(InferRequest Request, TaskCompletionSource<InferResponse> Answer)> waiting =
        Channel.CreateUnbounded<(InferRequest, TaskCompletionSource<InferResponse>)>(new UnboundedChannelOptions { SingleReader = true });

    private readonly Model model;

    public Batches(Model model)
    {
        this.model = model;
        new Thread(Run) { IsBackground = true }.Start();
    }

    public Task<InferResponse> InferAsync(InferRequest request)
    {
        var answer = new TaskCompletionSource<InferResponse>(TaskCreationOptions.RunContinuationsAsynchronously);
        waiting.Writer.TryWrite((request, answer));
        return answer.Task;
    }

    public void Dispose() => waiting.Writer.TryComplete();

    private void Run()
    {
        var batch = new List<(InferRequest Request, TaskCompletionSource<InferResponse> Answer)>();
        while (waiting.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            batch.Clear();
            while (batch.Count < MostRows && waiting.Reader.TryRead(out var next))
            {
                batch.Add(next);
            }

            try
            {
                var answers = model.Infer([.. batch.Select(static item => item.Request)]);
                for (var i = 0; i < batch.Count; i++)
                {
                    batch[i].Answer.SetResult(answers[i]);
                }
            }
            catch (Exception error)
            {
                batch.ForEach(item => item.Answer.TrySetException(error));
            }
        }
    }
}
