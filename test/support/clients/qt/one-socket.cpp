// The program of the story Holdfast starts from: one QWebSocket for its whole life, opened again whenever it ends. What comes is
// printed as it is, for on the combined wire a frame is what the test reads.
#include <QCoreApplication>
#include <QSocketNotifier>
#include <QUrl>
#include <QWebSocket>
#include <cstdio>

static void tell(const QString &line)
{
    std::puts(line.toUtf8().constData());
    std::fflush(stdout);
}

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    const QUrl url(QString::fromUtf8(argc > 1 ? argv[1] : ""));
    QWebSocket socket;
    QObject::connect(&socket, &QWebSocket::textMessageReceived, tell);
    QObject::connect(&socket, &QWebSocket::disconnected, [&] {
        tell(QStringLiteral("{\"trouble\":\"disconnected with %1\"}").arg(int(socket.closeCode())));
        socket.open(url);
    });
    // The test ends it by ending its standard input.
    QSocketNotifier ended(fileno(stdin), QSocketNotifier::Read);
    QObject::connect(&ended, &QSocketNotifier::activated, &app, [] { std::_Exit(0); });
    socket.open(url);
    return app.exec();
}
